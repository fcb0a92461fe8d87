package pagerank

import (
	"fmt"
	"math"
)

// ranked says whether a page has a rank.
func (p Problem) ranked(v int) bool { return p.Member == nil || p.Member[v] }

// validate returns the number of members, or an error that names the first fault of p.
func (p Problem) validate() (members int, err error) {
	if p.Out == nil {
		return 0, fmt.Errorf("problem has no graph")
	}
	n := p.Out.Pages()
	if err := p.Out.Check(); err != nil {
		return 0, err
	}
	if n >= math.MaxInt32 {
		return 0, fmt.Errorf("graph has %d pages: at most %d can be ranked", n, math.MaxInt32-1)
	}
	if p.Member != nil && len(p.Member) != n {
		return 0, fmt.Errorf("member has %d entries for %d pages", len(p.Member), n)
	}
	for u := range n {
		if p.ranked(u) {
			members++
		}
	}
	if members == 0 {
		return 0, ErrNoPages
	}
	if p.Member == nil {
		return members, nil
	}
	for u := range n {
		row := p.Out.Row(uint32(u))
		if !p.Member[u] && len(row) > 0 {
			return 0, fmt.Errorf("page %d has %d links but is no member of the graph", u, len(row))
		}
		for _, v := range row {
			if !p.Member[v] {
				return 0, fmt.Errorf("link %d → %d leads to a page that is no member of the graph", u, v)
			}
		}
	}
	return members, nil
}
