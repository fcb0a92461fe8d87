package incremental

import "freshrank/pagerank/link"

// countIn counts links that now lead (by = 1) or no longer lead (−1) to each of row.
func (s *shard) countIn(row []uint32, by int) {
	for _, v := range row {
		p := link.Page(v)
		if s.e.nodes[p].flags&isAlias != 0 {
			f := s.e.forward[p]
			f.links += uint32(by)
			if p = f.root; s.e.number(p) != s.number {
				s.gifts, s.sent = append(s.gifts, gift{to: p, links: by}), true
				continue
			}
		}
		s.e.nodes[p].in += uint32(by)
		s.reconsider(p)
	}
}

// reconsider lets p join or leave V by what is known of it now.
func (s *shard) reconsider(p link.Page) {
	n := &s.e.nodes[p]
	want := n.flags&isAlias == 0 && (n.flags&isCrawled != 0 || n.in > 0 || s.degree(p) > 0)
	if want == (n.flags&isMember != 0) {
		return
	}
	if want {
		n.flags |= isMember
		n.x, s.e.residuals[p].r = s.e.rest, 0
		s.count(p, +1)
	} else {
		s.count(p, -1)
		n.x, s.e.residuals[p].r = 0, 0
		n.flags &^= isMember
	}
	s.touch(p)
}
