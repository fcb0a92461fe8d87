package incremental

import (
	"math"

	"freshrank/pagerank/link"
)

// setLinks replaces p's counted links by links, ascending. p keeps its membership,
// except that a page with links is a member.
func (e *Engine) setLinks(p link.Page, links []uint32) {
	row := e.row(p)
	d := &e.difference
	d.compare(row, links)
	if len(d.removed)+len(d.added) == 0 {
		return
	}
	old := len(row)
	e.links += int64(len(links) - old)
	e.setRow(p, links)
	n, s := &e.nodes[p], e.shardOf(p)
	n.burden = burden(len(links))
	switch {
	case n.flags&isMember == 0:
		e.reconsider(p) // it has links, or there would be no difference
	case old == 0:
		s.dangling.add(-n.x)
	case len(links) == 0:
		s.dangling.add(n.x)
	}
	before := e.share(p, old)
	if len(d.kept) > 0 {
		e.scale(p, float64(len(links))/float64(old))
	}
	now := e.share(p, len(links))
	s.inexact(4*n.x, 4*n.x) // the two cancel in links that stay, their roundings do not
	if old > 0 && len(links) > 0 && math.Abs(now-before) <= 4*unit*before {
		now = before
	}
	// New links first, so that nobody leaves V who is about to come back.
	for _, v := range d.added {
		e.countIn(link.Page(v), +1)
	}
	e.send(d.added, now)
	if now != before {
		e.send(d.kept, now-before)
	}
	e.send(d.removed, -before)
	for _, v := range d.removed {
		e.countIn(link.Page(v), -1)
	}
}

// scale multiplies x̂_p by the factor by which p's out-degree changes, so that each
// link that stays carries what it did. Only if what that leaves in r_p calls for no
// push, which would visit those links after all; it also keeps x̂_p near x̃_p where
// nobody pushes for long, as when catching up.
func (e *Engine) scale(p link.Page, factor float64) {
	n, s := &e.nodes[p], e.shardOf(p)
	x := n.x
	scaled := x * factor
	if math.Abs(n.r+x-scaled) > e.threshold {
		return
	}
	n.x = scaled
	s.sum.replace(x, scaled)
	s.bump(e, p, x-scaled)
}

// share returns what each of p's links carries if there are d.
func (e *Engine) share(p link.Page, d int) float64 {
	if d == 0 {
		return 0
	}
	return e.opt.Damping * e.nodes[p].x / float64(d)
}

// difference tells what stands in only one of two rows from what stands in both.
type difference struct{ removed, kept, added []uint32 }

// compare sets d for ascending rows.
func (d *difference) compare(old, now []uint32) {
	d.removed, d.kept, d.added = d.removed[:0], d.kept[:0], d.added[:0]
	for len(old) > 0 && len(now) > 0 {
		switch {
		case old[0] < now[0]:
			d.removed, old = append(d.removed, old[0]), old[1:]
		case old[0] > now[0]:
			d.added, now = append(d.added, now[0]), now[1:]
		default:
			d.kept, old, now = append(d.kept, old[0]), old[1:], now[1:]
		}
	}
	d.removed, d.added = append(d.removed, old...), append(d.added, now...)
}

// send adds δ to the residual of each page of row, ascending, or, of an alias, of the
// page it leads to.
func (e *Engine) send(row []uint32, delta float64) {
	for len(row) > 0 {
		to := e.number(link.Page(row[0]))
		part := e.within(row, to)
		e.shards[to].spread(e, row[:part], delta)
		e.deliver(&e.shards[to])
		row = row[part:]
	}
}

// countIn counts a link that now leads (+1) or no longer leads (−1) to v.
func (e *Engine) countIn(v link.Page, by int) {
	if e.nodes[v].flags&isAlias != 0 {
		f := e.forward[v]
		f.links += uint32(by)
		v = f.root
	}
	e.nodes[v].in += uint32(by)
	e.reconsider(v)
}
