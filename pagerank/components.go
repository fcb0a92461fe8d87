package pagerank

import (
	"slices"

	"freshrank/pagerank/csr"
)

// components are the strongly connected components of a graph in an order in
// which every link leads from a component to itself or to a later one.
type components struct {
	order []uint32 // pages, component after component
	end   []uint32 // component c is order[end[c−1]:end[c]]
	level []uint32 // 0 without links to other components, else one more than the highest of theirs
}

// findComponents takes the links of every page for which ranked is true. It is
// Tarjan's algorithm in the form of Pearce (A space-efficient algorithm for finding
// strongly connected components, 2016): one number a page, and pages go onto the
// stack when their search is finished. A search finishes a page after the pages that
// it leads to, and the order is that reversed; so a sweep in it, within a component
// as well, meets most pages after what they depend on.
func findComponents(out *csr.Graph, ranked func(int) bool) components {
	const placed = 1 << 31 // above every index: a page whose component is known
	n := out.Pages()
	var c components
	type frame struct {
		page, index, level uint32
		next               uint64
	}
	mark := make([]uint32, n) // 0, the lowest index known to be reached, or placed|level
	c.order = make([]uint32, 0, n)
	var stack []uint32 // finished pages without a component yet
	var walk []frame
	index := uint32(0)
	for r := range n {
		if mark[r] != 0 || !ranked(r) {
			continue
		}
		index++
		mark[r] = index
		walk = append(walk, frame{page: uint32(r), index: index, next: out.Start[r]})
		for len(walk) > 0 {
			f := &walk[len(walk)-1]
			low, end, down := mark[f.page], out.Start[f.page+1], false
			for f.next < end {
				v := out.Target[f.next]
				f.next++
				m := mark[v]
				if m == 0 {
					index++
					mark[v] = index
					down = true
					mark[f.page] = low
					walk = append(walk, frame{page: v, index: index, next: out.Start[v]})
					break
				}
				if m >= placed {
					f.level = max(f.level, m-placed+1)
				} else if m < low {
					low = m
				}
			}
			if down {
				continue
			}
			mark[f.page] = low
			page, level := f.page, f.level
			if low < f.index {
				stack = append(stack, page)
			} else {
				at := len(stack)
				for at > 0 && mark[stack[at-1]] >= low {
					at--
				}
				for _, v := range stack[at:] {
					mark[v] = placed | level
				}
				mark[page] = placed | level
				c.order = append(append(c.order, stack[at:]...), page)
				stack = stack[:at]
				c.end, c.level = append(c.end, uint32(len(c.order))), append(c.level, level)
			}
			walk = walk[:len(walk)-1]
			if len(walk) > 0 {
				up := &walk[len(walk)-1]
				if m := mark[page]; m >= placed {
					up.level = max(up.level, level+1)
				} else {
					up.level = max(up.level, level)
					mark[up.page] = min(mark[up.page], m)
				}
			}
		}
	}
	return c.byLevel()
}

// byLevel takes components as they were found, each after those it leads to, and
// returns them reversed, those of the highest level first.
func (c components) byLevel() (sorted components) {
	top := uint32(0)
	for _, l := range c.level {
		top = max(top, l+1)
	}
	next := make([]uint32, top+1) // by level, where the next component goes, from the end
	for _, l := range c.level {
		next[l]++
	}
	behind := uint32(0)
	for l, count := range next {
		next[l], behind = behind, behind+count
	}
	count := len(c.end)
	sequence := make([]uint32, count)
	for i, l := range c.level {
		sequence[count-1-int(next[l])] = uint32(i)
		next[l]++
	}
	sorted.order = make([]uint32, 0, len(c.order))
	sorted.end, sorted.level = make([]uint32, count), make([]uint32, count)
	for k, i := range sequence {
		from := len(sorted.order)
		sorted.order = append(sorted.order, c.order[c.begin(int(i)):c.end[i]]...)
		slices.Reverse(sorted.order[from:])
		sorted.end[k], sorted.level[k] = uint32(len(sorted.order)), c.level[i]
	}
	return sorted
}

// begin returns where component i begins in the order.
func (c components) begin(i int) uint32 {
	if i == 0 {
		return 0
	}
	return c.end[i-1]
}
