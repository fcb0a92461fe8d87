package importer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Report says what a reader did besides adding links.
type Report struct {
	Drops []Drop // by reason; links of a page to itself and duplicates are for the graph to count
}

// Drop counts what was left out for one reason.
type Drop struct {
	Reason string     `json:"reason"`
	Count  int64      `json:"count"`
	First  InputError `json:"first"` // an example, the first in the input
}

// The reasons why something is left out.
const (
	noURL       = "empty URL"
	relativeURL = "relative URL"
	otherScheme = "URL of another scheme than http and https"
	longURL     = "URL that is too long"
	controlURL  = "URL with control characters"
	hostURL     = "URL with a bad host or port"
	badHost     = "bad host name"
	droppedEnd  = "link from or to a host left out"
)

// tally counts drops for one goroutine.
type tally struct {
	strict bool // the first drop is a fault, but for those of what is no fault of the input
	drops  map[string]*placed
}

// placed is a drop whose first example stands in a line of a chunk.
type placed struct {
	Drop
	chunk int
}

// add counts a drop; the error is what to return if it is a fault. Lines come in
// order within a chunk, chunks in any.
func (t *tally) add(reason string, chunk int, e *InputError) *InputError {
	if t.strict && reason != otherStatus && reason != ownAlias {
		return e
	}
	d, ok := t.drops[reason]
	if !ok {
		if t.drops == nil {
			t.drops = map[string]*placed{}
		}
		d = &placed{Drop{Reason: reason, First: *e}, chunk}
		t.drops[reason] = d
	} else if chunk < d.chunk {
		d.First, d.chunk = *e, chunk
	}
	d.Count++
	return nil
}

// report joins the tallies of all goroutines; line numbers become those of the file.
func (r *chunkReader) report(tallies []*tally) Report {
	all := map[string]*placed{}
	for _, t := range tallies {
		for reason, d := range t.drops {
			if other, ok := all[reason]; ok {
				d.Count += other.Count
				if other.chunk < d.chunk {
					d.First, d.chunk = other.First, other.chunk
				}
			}
			all[reason] = d
		}
	}
	var drops []Drop
	for _, d := range all {
		d.First.File, d.First.Line, d.First.Unit = r.name, r.line(d.chunk, d.First.Line), r.unit
		drops = append(drops, d.Drop)
	}
	return Report{}.with(drops)
}

// with joins drops to those of a report, in the order of reasons.
func (r Report) with(more []Drop) Report {
	byReason := map[string]Drop{}
	for _, d := range slices.Concat(r.Drops, more) {
		if old, ok := byReason[d.Reason]; ok {
			old.Count += d.Count
			d = old
		}
		byReason[d.Reason] = d
	}
	return Report{slices.SortedFunc(maps.Values(byReason), func(a, b Drop) int { return cmp.Compare(a.Reason, b.Reason) })}
}

// Join returns what two readers did together.
func (r Report) Join(other Report) Report { return r.with(other.Drops) }

// Dropped returns how much was left out in all.
func (r Report) Dropped() (n int64) {
	for _, d := range r.Drops {
		n += d.Count
	}
	return n
}

// String returns a line such as `3 × relative URL, first: web.csv, line 2: …`.
func (d Drop) String() string {
	return fmt.Sprintf("%d × %s, first: %v", d.Count, d.Reason, d.First)
}
