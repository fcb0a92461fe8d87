// Package load asks an HTTP API as fast as it is told, or can, and says how long
// the answers took.
//
// # Two loops
//
// A closed loop has some connections, each of which sends its next request when
// it has the answer to the last: it finds out the greatest rate, but its
// latencies flatter, because a server that stalls is asked less while it does.
// An open loop sends at moments that are fixed beforehand; latency counts from
// the moment that a request was due, also if there was no free connection then.
// That is what users at that rate would see (no coordinated omission).
//
// # Cost
//
// Client and server share a machine here. So requests are written as they were
// prepared, answers are cut out of the stream without being decoded, but for one
// in [Options.CheckEvery], and a connection is a goroutine.
package load
