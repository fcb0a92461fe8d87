// Package link owns the event: what a crawler says about one page, how it is
// named, and what a set of such statements adds up to.
//
// # Identity
//
// A page is its canonical URL under a versioned policy ([CanonicalURL],
// [PolicyVersion]); [PageKey] is the first half of that URL's SHA-256. Dense
// numbers ([Page]) exist only inside one page table and never leave it.
//
// # The event
//
// On the wire an [Event] is structured-mode CloudEvents 1.0 JSON. [Limits.Decode]
// is the only way in: what it returns is canonical, and what it refuses, with an
// [*InvalidError], is refused by every part of the system alike. [Encode] is the
// way out.
//
// # The fold
//
// The log holds [Event]s; what they add up to for one page is a [State].
// [State.Apply] is the whole rule: last writer wins by [Version]. A snapshot
// event (crawled, gone, alias) overrides every older event of its page, a
// single-link event applies on top of the newest snapshot older than it. States
// form a join semilattice: applying events in any order, twice, or in separate
// parts that are [State.Join]ed later gives the same state. The batch and the
// speed layer fold with this code and no other, so they cannot disagree.
//
// # The cut
//
// [Offsets] says, per partition of the log, which offset comes next. A
// generation covers exactly the records below its offsets.
package link
