package speed

import "time"

const (
	// A publication is to take about so long: readers wait for the next one.
	writeTime = 200 * time.Millisecond
	// The rows of a publication, beside those of pages whose status has changed, are
	// at least fewRows and at most manyRows, some 300 bytes of memory each.
	fewRows  = 1_000
	manyRows = 200_000
	// stagedRows are those of a view's first publication, which takes some seconds:
	// readers have another view, or none, as long.
	stagedRows = 500_000
)

// pace decides how many rows a publication may have: fewRows at first, then as many as
// the database takes in writeTime. What that leaves out widens the slack that is published
// with it.
type pace struct{ rows int }

// saw takes in how long an update took. One of few rows says nothing: it is quick unless
// something else is slow, which fewer rows do not help against.
func (p *pace) saw(rows int, took time.Duration) {
	if rows < fewRows {
		return
	}
	fits := int(float64(rows) * float64(writeTime) / float64(max(took, time.Millisecond)))
	p.rows = min(max(fits, p.rows/2, fewRows), 2*p.rows, manyRows)
}

// failed takes in that an update was not written, which may be for its size.
func (p *pace) failed() { p.rows = max(p.rows/2, fewRows) }
