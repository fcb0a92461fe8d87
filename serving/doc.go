// Package serving answers three questions: what is the rank of this page, which
// pages rank highest, and how fresh and how exact is that.
//
// # What an answer is made of
//
// The batch layer publishes generations, the speed layer keeps one view: the
// pages that are no longer what their generation says. An answer comes from a
// pair of the two, never from a mix of pairs, and its [Snapshot] names it. What
// is stored of a page is its x alone; [Snapshot.Numbers] derives the rank, the
// score, the percentile and the interval from that and from the pair's
// certificate. Nothing here is a constant: no stored value, no answer.
//
// # What it may do
//
// Serving owns no data. It reads the tables of the other two layers, hands
// events to the log, and asks for batch runs. Its role in Postgres cannot write.
//
// # Failures
//
// Reads need Postgres and a first generation, submissions need the log; each
// works while the other's part is down. The errors in this package say which.
package serving
