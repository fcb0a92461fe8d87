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
	if s.difference.compare(row, links); s.difference.none() {
		return
	}
	old := len(row)
	s.setRow(p, links)
	s.relinked(p, old)
}

// relinked sees to what follows from p's links having become row(p); they were old, and
// s.difference says which are others. Those that come are sent what an old one had, after
// which all are sent the same; but where that is far more than they are to have, they are
// sent that, since nobody need look at them for what goes at once, and rounding is admitted
// by what is sent.
func (s *shard) relinked(p link.Page, old int) {
	n, d, row := &s.e.nodes[p], &s.difference, s.row(p)
	s.links += int64(len(row) - old)
	n.burden = burden(len(row))
	switch {
	case n.flags&isMember == 0:
		s.reconsider(p) // it has links, or there would be no difference
	case old == 0:
		s.dangling.add(-n.x)
	case len(row) == 0:
		s.dangling.add(n.x)
	}
	before := s.e.share(p, old)
	if len(d.added) < len(row) {
		s.scale(p, n, float64(len(row))/float64(old))
	}
	now := s.e.share(p, len(row))
	s.inexact(4*n.x, 4*n.x) // the two cancel in links that stay, their roundings do not
	if old > 0 && len(row) > 0 && math.Abs(now-before) <= 4*unit*before {
		now = before
	}
	was := n.per
	n.per = perLink(was, len(row))
	s.weigh(p, ownWeight(old, was)-ownWeight(len(row), n.per))
	gone, come := s.e.carry(was), s.e.carry(n.per)
	if before > 2*now {
		s.sendCopy(d.added, parcel{delta: now, carry: come, links: 1})
		s.sendCopy(d.kept(row), parcel{delta: now - before, carry: come - gone})
	} else {
		s.sendCopy(d.added, parcel{delta: before, carry: gone, links: 1})
		if now != before || come != gone {
			s.sendRow(row, parcel{delta: now - before, carry: come - gone})
		}
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

// sendRow sends a parcel to the pages of a row as it is kept. Its page's next setRow or
// editRow writes over it, but no page has two of them between exchanges, after which no
// parcel is left.
func (s *shard) sendRow(row []uint32, p parcel) {
	for len(row) > 0 {
		to := s.e.number(link.Page(row[0]))
		p.to = row[:s.e.within(row, to)]
		row = row[len(p.to):]
		s.send(to, p)
	}
}

// difference tells what stands in only one of two rows.
type difference struct{ removed, added, both []uint32 }

func (d *difference) none() bool { return len(d.removed)+len(d.added) == 0 }

// compare sets d for ascending rows.
func (d *difference) compare(old, now []uint32) {
	d.removed, d.added = d.removed[:0], d.added[:0]
	for len(old) > 0 && len(now) > 0 {
		switch {
		case old[0] < now[0]:
			d.removed, old = append(d.removed, old[0]), old[1:]
		case old[0] > now[0]:
			d.added, now = append(d.added, now[0]), now[1:]
		default:
			old, now = old[1:], now[1:]
		}
	}
	d.removed, d.added = append(d.removed, old...), append(d.added, now...)
}

// kept returns what stands in both rows, of which now is the second, until its next call.
func (d *difference) kept(now []uint32) []uint32 {
	d.both = d.both[:0]
	added := d.added
	for _, v := range now {
		if len(added) > 0 && added[0] == v {
			added = added[1:]
			continue
		}
		d.both = append(d.both, v)
	}
	return d.both
}
