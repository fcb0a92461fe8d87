package incremental

import (
	"math"

	"freshrank/pagerank/link"
)

// setLinks replaces p's counted links by links, ascending. p keeps its membership,
// except that a page with links is a member.
func (e *Engine) setLinks(p link.Page, links []uint32) {
	old := e.row(p)
	removed, kept, added := compare(old, links)
	if len(removed)+len(added) == 0 {
		return
	}
	e.links += int64(len(links) - len(old))
	e.setRow(p, links)
	switch x := e.x[p]; {
	case e.flags[p]&isMember == 0:
		e.reconsider(p) // it has links, or there would be no difference
	case len(old) == 0:
		e.dangling.add(-x)
	case len(links) == 0:
		e.dangling.add(x)
	}
	before := e.share(p, len(old))
	if len(kept) > 0 {
		e.scale(p, float64(len(links))/float64(len(old)))
	}
	now := e.share(p, len(links))
	e.inexact(4 * e.x[p]) // the two cancel in links that stay, their roundings do not
	if len(old) > 0 && len(links) > 0 && math.Abs(now-before) <= 4*unit*before {
		now = before
	}
	// New links first, so that nobody leaves V who is about to come back.
	for _, v := range added {
		e.countIn(link.Page(v), +1)
		e.send(link.Page(v), now)
	}
	if now != before {
		for _, v := range kept {
			e.send(link.Page(v), now-before)
		}
	}
	for _, v := range removed {
		e.send(link.Page(v), -before)
		e.countIn(link.Page(v), -1)
	}
}

func (e *Engine) setRow(p link.Page, links []uint32) {
	if e.rowOf[p] == 0 {
		e.rowOf[p] = uint32(len(e.rows))
		e.rows = append(e.rows, nil)
	}
	e.rows[e.rowOf[p]] = links
}

// scale multiplies x̂_p by the factor by which p's out-degree changes, so that each
// link that stays carries what it did. Only if what that leaves in r_p calls for no
// push, which would visit those links after all; it also keeps x̂_p near x̃_p where
// nobody pushes for long, as when catching up.
func (e *Engine) scale(p link.Page, factor float64) {
	x := e.x[p]
	scaled := x * factor
	if math.Abs(e.r[p]+x-scaled) > e.threshold {
		return
	}
	e.x[p] = scaled
	e.sum.replace(x, scaled)
	e.bump(p, x-scaled)
}

// share returns what each of p's links carries if there are d.
func (e *Engine) share(p link.Page, d int) float64 {
	if d == 0 {
		return 0
	}
	return e.opt.Damping * e.x[p] / float64(d)
}

// compare tells what stands in only one of two ascending slices from what stands in
// both.
func compare(old, now []uint32) (removed, kept, added []uint32) {
	for len(old) > 0 && len(now) > 0 {
		switch {
		case old[0] < now[0]:
			removed, old = append(removed, old[0]), old[1:]
		case old[0] > now[0]:
			added, now = append(added, now[0]), now[1:]
		default:
			kept, old, now = append(kept, old[0]), old[1:], now[1:]
		}
	}
	return append(removed, old...), kept, append(added, now...)
}

// send adds δ to the residual of v, or, if v is an alias, of the page it leads to.
func (e *Engine) send(v link.Page, delta float64) {
	if e.flags[v]&isAlias != 0 {
		f := e.forward[v]
		f.brought.add(delta)
		v = f.root
	}
	e.bump(v, delta)
}

// countIn counts a link that now leads (+1) or no longer leads (−1) to v.
func (e *Engine) countIn(v link.Page, by int) {
	if e.flags[v]&isAlias != 0 {
		f := e.forward[v]
		f.links += uint32(by)
		v = f.root
	}
	e.in[v] += uint32(by)
	e.reconsider(v)
}
