package link

import "time"

// Type is what an event says about its page.
type Type uint8

// The event types. The first three are snapshots: each states all there is to
// know about the page's links at its time.
const (
	PageCrawled Type = iota + 1 // the page's whole set of links
	PageGone                    // the page is gone; it has no links
	PageAlias                   // the page stands for Target; it has no links
	LinkAdded                   // one more link
	LinkRemoved                 // one link less
)

// Snapshot reports whether an event of type t overrides every older event of
// its page.
func (t Type) Snapshot() bool { return t == PageCrawled || t == PageGone || t == PageAlias }

// String returns the CloudEvents type, such as "freshrank.page.crawled".
func (t Type) String() string {
	switch t {
	case PageCrawled:
		return "freshrank.page.crawled"
	case PageGone:
		return "freshrank.page.gone"
	case PageAlias:
		return "freshrank.page.alias"
	case LinkAdded:
		return "freshrank.link.added"
	case LinkRemoved:
		return "freshrank.link.removed"
	}
	return "unknown"
}

// ParseType is the inverse of [Type.String]; false if s names no event type.
func ParseType(s string) (Type, bool) {
	for t := PageCrawled; t <= LinkRemoved; t++ {
		if t.String() == s {
			return t, true
		}
	}
	return 0, false
}

// Rel holds the rel values of a link that bear on ranking, as a set of bits.
type Rel uint8

// The rel values that are kept. A link with any of them carries no rank under
// the default policy.
const (
	NoFollow Rel = 1 << iota
	UGC
	Sponsored
)

// Collapse is the rel of two links of one page to the same target: a plain link
// beside a marked one counts as plain. It is commutative and associative.
func (r Rel) Collapse(s Rel) Rel {
	if r == 0 || s == 0 {
		return 0
	}
	return r | s
}

// RelPolicy says which links carry rank; it is a parameter of a generation.
type RelPolicy string

// The rel policies.
const (
	// DropMarked is the default: a nofollow, ugc or sponsored link carries no
	// rank, does not count in the out-degree and brings no page into the graph.
	DropMarked RelPolicy = "drop-marked"
	// CountAll treats every link alike.
	CountAll RelPolicy = "count-all"
)

// Counts reports whether a link with the given rel carries rank.
func (p RelPolicy) Counts(r Rel) bool { return p == CountAll || r == 0 }

// Link is one out-link of a crawled page.
type Link struct {
	URL string // canonical
	Rel Rel
}

// Event is one accepted statement about one page. All URLs are canonical.
type Event struct {
	ID     string
	Source string
	Time   time.Time // UTC, nanoseconds, after 1970
	Type   Type
	URL    string // the page the event is about
	Links  []Link // PageCrawled: sorted by URL, no duplicates, no self-loop
	Target string // LinkAdded, LinkRemoved: the link's target; PageAlias: what the page stands for
	Rel    Rel    // LinkAdded

	Tie        uint64 // see [Version]
	Duplicates int    // links of Links that were given more than once, and collapsed
	SelfLoops  int    // links to the page itself that were dropped
}

// Version returns e's place in the order of its page's events.
func (e *Event) Version() Version { return Version{Time: e.Time.UnixNano(), ID: e.ID, Tie: e.Tie} }
