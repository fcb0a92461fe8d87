package incremental

import (
	"context"
	"math"

	"freshrank/pagerank/link"
)

// queue holds the pages whose residual may be past the threshold, each once, in
// the order in which they got there.
type queue struct {
	threshold float64 // ε(1−α)
	waiting   []link.Page
	head      int

	// Pushes and EdgeOps count work since the start.
	Pushes, EdgeOps int64
}

// enqueue lets p wait for a push if it needs one.
func (e *Engine) enqueue(p link.Page) {
	if math.Abs(e.r[p]) > e.threshold && e.flags[p]&(isQueued|isMember) == isMember {
		e.flags[p] |= isQueued
		e.waiting = append(e.waiting, p)
	}
}

// Push pushes residuals until all are within ε(1−α), and returns true; or until
// about budget edge operations are spent or ctx ends, and returns false. It may
// stop anywhere: the invariant holds after every single push, and the certificate
// says what is left.
func (e *Engine) Push(ctx context.Context, budget int64) bool {
	limit := e.EdgeOps + budget
	for n := 0; e.head < len(e.waiting); n++ {
		if e.EdgeOps >= limit || n%1024 == 1023 && ctx.Err() != nil {
			e.compactQueue()
			return false
		}
		p := e.waiting[e.head]
		e.head++
		e.flags[p] &^= isQueued
		// While it waited it may have been pulled back, left V or become an alias.
		if math.Abs(e.r[p]) > e.threshold && e.flags[p]&isMember != 0 {
			e.push(p)
		}
	}
	e.waiting, e.head = e.waiting[:0], 0
	return true
}

// push moves the residual of p into x̂_p, and α of it along p's links. What x̂_p
// cannot take for rounding stays in r_p.
func (e *Engine) push(p link.Page) {
	before := e.x[p]
	e.x[p] += e.r[p]
	moved := e.x[p] - before
	e.bump(p, -moved)
	e.sum.replace(before, e.x[p])
	e.Pushes++
	row := e.row(p)
	e.EdgeOps += int64(len(row)) + 1
	if len(row) == 0 {
		e.dangling.replace(before, e.x[p])
		return
	}
	share := e.opt.Damping * moved / float64(len(row))
	for _, v := range row {
		e.send(link.Page(v), share)
	}
}

// SetEpsilon changes the ε that Push aims at, and with it the slack: a served
// value is handed out again once it has moved by more than ε/2. Lowering ε costs a
// pass over all pages.
func (e *Engine) SetEpsilon(epsilon float64) {
	lower := epsilon < e.opt.Epsilon
	e.opt.Epsilon, e.threshold, e.slack = epsilon, epsilon*e.rest, epsilon*trail
	if !lower {
		return
	}
	for p := range link.Page(len(e.r)) {
		if e.flags[p]&isMember == 0 {
			continue
		}
		e.enqueue(p)
		if math.Abs(e.x[p]+e.r[p]-e.value[p]) > e.slack*e.value[p] {
			e.dirty(p)
		}
	}
}

// trail is the slack as a share of ε: values may trail behind what is known of
// them by half of what is unknown, which spares most of the writing.
const trail = 0.5

// Epsilon returns the ε that Push aims at.
func (e *Engine) Epsilon() float64 { return e.opt.Epsilon }

func (e *Engine) compactQueue() {
	e.waiting = e.waiting[:copy(e.waiting, e.waiting[e.head:])]
	e.head = 0
}
