package incremental

import "freshrank/pagerank/link"

// setLinks replaces p's counted links by links, ascending, by the scaled rule.
// p keeps its membership, except that a page with links is a member.
func (e *Engine) setLinks(p link.Page, links []uint32) {
	old := e.row(p)
	removed, added := difference(old, links)
	if len(removed)+len(added) == 0 {
		return
	}
	d, now := float64(len(old)), float64(len(links))
	e.links += int64(len(links) - len(old))
	e.rows[p] = links
	if e.flags[p]&isMember == 0 {
		e.reconsider(p) // it has links, or there would be no difference
	} else if d == 0 {
		e.dangling.add(-e.x[p])
	}
	var share float64 // of p's rank along each link that changes
	switch x := e.x[p]; {
	case d == 0:
		share = e.opt.Damping * x / now
	case now == 0:
		share = e.opt.Damping * x / d
		e.dangling.add(x)
	default:
		share = e.opt.Damping * x / d
		e.x[p] = x * now / d
		e.sum.add(e.x[p] - x)
		e.bump(p, x-e.x[p])
	}
	for _, v := range removed {
		e.send(link.Page(v), -share)
		e.countIn(link.Page(v), -1)
	}
	for _, v := range added {
		e.countIn(link.Page(v), +1)
		e.send(link.Page(v), share)
	}
}

// difference returns what stands in only one of two ascending slices.
func difference(old, now []uint32) (removed, added []uint32) {
	for len(old) > 0 && len(now) > 0 {
		switch {
		case old[0] < now[0]:
			removed, old = append(removed, old[0]), old[1:]
		case old[0] > now[0]:
			added, now = append(added, now[0]), now[1:]
		default:
			old, now = old[1:], now[1:]
		}
	}
	return append(removed, old...), append(added, now...)
}

// send adds δ to the residual of v, or, if v is an alias, of the page it leads to.
func (e *Engine) send(v link.Page, delta float64) {
	if e.flags[v]&isAlias != 0 {
		e.r[v] += delta
		v = e.root[v]
	}
	e.bump(v, delta)
}

// countIn counts a link that now leads (+1) or no longer leads (−1) to v.
func (e *Engine) countIn(v link.Page, by int) {
	if e.flags[v]&isAlias != 0 {
		e.in[v] += uint32(by)
		v = e.root[v]
	}
	e.in[v] += uint32(by)
	e.reconsider(v)
}
