package incremental

import (
	"math"

	"freshrank/pagerank/link"
)

// set makes st the state of p, except for what it says of aliases.
func (s *shard) set(p link.Page, st *link.State) {
	s.counted = s.counted[:0]
	for _, l := range st.Links {
		if s.e.opt.Policy.Counts(l.Rel) {
			s.counted = append(s.counted, uint32(l.To))
		}
	}
	n := &s.e.nodes[p]
	n.flags = n.flags&^(isCrawled|isGone) | flagsOf(st.Kind, len(st.Links))
	s.setLinks(p, s.counted)
	s.reconsider(p)
	s.touch(p)
}

// setLinks replaces p's counted links by links, ascending. p keeps its membership,
// except that a page with links is a member.
func (s *shard) setLinks(p link.Page, links []uint32) {
	row := s.row(p)
	d := &s.difference
	d.compare(row, links)
	if len(d.removed)+len(d.added) == 0 {
		return
	}
	old := len(row)
	s.links += int64(len(links) - old)
	s.setRow(p, links)
	n := &s.e.nodes[p]
	n.burden = burden(len(links))
	switch {
	case n.flags&isMember == 0:
		s.reconsider(p) // it has links, or there would be no difference
	case old == 0:
		s.dangling.add(-n.x)
	case len(links) == 0:
		s.dangling.add(n.x)
	}
	before := s.e.share(p, old)
	if len(d.kept) > 0 {
		s.scale(p, n, float64(len(links))/float64(old))
	}
	now := s.e.share(p, len(links))
	s.inexact(4*n.x, 4*n.x) // the two cancel in links that stay, their roundings do not
	if old > 0 && len(links) > 0 && math.Abs(now-before) <= 4*unit*before {
		now = before
	}
	was := n.per
	n.per = perLink(was, len(links))
	s.weigh(p, ownWeight(old, was)-ownWeight(len(links), n.per))
	gone, come := s.e.carry(was), s.e.carry(n.per)
	s.sendCopy(d.added, parcel{delta: now, carry: come, links: 1})
	if now != before || come != gone {
		s.sendCopy(d.kept, parcel{delta: now - before, carry: come - gone})
	}
	s.sendCopy(d.removed, parcel{delta: -before, carry: -gone, links: -1})
}

// scale multiplies x̂_p by the factor by which p's out-degree changes, so that each
// link that stays carries what it did. Only if what that leaves in r_p calls for no
// push, which would visit those links after all; it also keeps x̂_p near x̃_p where
// nobody pushes for long, as when catching up.
func (s *shard) scale(p link.Page, n *node, factor float64) {
	x := n.x
	scaled := x * factor
	if math.Abs(s.e.residuals[p].r+x-scaled) > s.e.limit(n) {
		return
	}
	n.x = scaled
	s.sum.replace(x, scaled)
	s.setBand(p)
	s.bump(p, x-scaled)
}

// share returns what each of p's links carries if there are d.
func (e *Engine) share(p link.Page, d int) float64 {
	if d == 0 {
		return 0
	}
	return e.opt.Damping * e.nodes[p].x / float64(d)
}

// sendCopy sends a parcel to the pages of row, ascending, which may be reused then.
func (s *shard) sendCopy(row []uint32, p parcel) {
	for len(row) > 0 {
		to := s.e.number(link.Page(row[0]))
		part := row[:s.e.within(row, to)]
		row = row[len(part):]
		if to != s.number {
			from := len(s.copies)
			s.copies = append(s.copies, part...)
			part = s.copies[from:len(s.copies):len(s.copies)]
		}
		p.to = part
		s.send(to, p)
	}
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
