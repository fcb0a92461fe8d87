// Package archive makes the log permanent: it copies the topic, record by record,
// into files that never change, and reads events back from them.
//
// Kafka owns a record until its retention ends, the archive from then on. The
// copy is complete: what is no event is archived too, with the reason, because it
// is part of the log, and skipped when events are read back.
//
// # Offsets
//
// [Archiver.Archive] reads each partition from where its archive ends up to the
// cut, which the caller has frozen, and appends files that cover exactly these
// offsets, however many records there are: the marks of transactions take offsets
// and are no records. Records of aborted transactions count like all others; the
// speed layer reads the log in the same way. If it is cut short, the files that
// were appended stay, and the next call goes on behind them.
//
// # Failures
//
// Brokers that fail, move or restart cost time: each request is tried again until
// Options.Patience has passed without a single record. Records that the archive
// needs and the log has no more are a [*GapError]: nothing is skipped unless the
// operator accepts the loss with Options.AcceptGap. A record that was accepted
// when it was archived and is refused when it is read back, because the limits
// were lowered in between, is an error: to skip it would change the past.
package archive
