package pagerank

import "freshrank/pagerank/csr"

// components are the strongly connected components of a graph in an order in
// which every link leads from a component to itself or to a later one.
type components struct {
	order []uint32 // pages, component after component
	end   []uint32 // component c is order[end[c−1]:end[c]]
	level []uint32 // 0 without links from other components, else one more than the highest of theirs
	outer []uint32 // by page: how many in-links come from other components
}

// findComponents takes the in-links of every page for which ranked is true. It is
// Tarjan's algorithm in the form of Pearce (A space-efficient algorithm for finding
// strongly connected components, 2016): one number a page, and pages go onto the
// stack when their search is finished. Walking against the links, a search finishes
// a page after the pages that lead to it; so a sweep in this order, within a
// component as well, meets most pages after what they depend on.
func findComponents(in *csr.Graph, ranked func(int) bool) components {
	const placed = 1 << 31 // above every index: a page whose component is known
	n := in.Pages()
	c := components{outer: make([]uint32, n)}
	type frame struct {
		page, index, level, outer uint32
		next                      uint64
	}
	mark := make([]uint32, n) // 0, the lowest index known to be reached, or placed|component
	var stack []uint32        // finished pages without a component yet
	var walk []frame
	index := uint32(0)
	for r := range n {
		if mark[r] != 0 || !ranked(r) {
			continue
		}
		index++
		mark[r] = index
		walk = append(walk, frame{page: uint32(r), index: index, next: in.Start[r]})
		for len(walk) > 0 {
			f := &walk[len(walk)-1]
			low, end, down := mark[f.page], in.Start[f.page+1], false
			for f.next < end {
				v := in.Target[f.next]
				f.next++
				m := mark[v]
				if m == 0 {
					index++
					mark[v] = index
					down = true
					mark[f.page] = low
					walk = append(walk, frame{page: v, index: index, next: in.Start[v]})
					break
				}
				if m >= placed {
					f.level = max(f.level, c.level[m-placed]+1)
					f.outer++
				} else if m < low {
					low = m
				}
			}
			if down {
				continue
			}
			mark[f.page] = low
			c.outer[f.page] = f.outer
			page, level := f.page, f.level
			if low < f.index {
				stack = append(stack, page)
			} else {
				at := len(stack)
				for at > 0 && mark[stack[at-1]] >= low {
					at--
				}
				id := uint32(len(c.end))
				for _, v := range stack[at:] {
					mark[v] = placed | id
				}
				mark[page] = placed | id
				c.order = append(append(c.order, stack[at:]...), page)
				stack = stack[:at]
				c.end, c.level = append(c.end, uint32(len(c.order))), append(c.level, level)
			}
			walk = walk[:len(walk)-1]
			if len(walk) > 0 {
				up := &walk[len(walk)-1]
				if m := mark[page]; m >= placed {
					up.level = max(up.level, level+1)
					up.outer++
				} else {
					up.level = max(up.level, level)
					mark[up.page] = min(mark[up.page], m)
				}
			}
		}
	}
	return c
}

// byLevel sorts the components by level, those of pages for which last is true
// behind all others; within a level they stay in order. It returns the sorted
// components and the ends of the levels, in components.
func (c components) byLevel(last func(page uint32) bool) (sorted components, ends []int) {
	top := uint32(0)
	for _, l := range c.level {
		top = max(top, l+2)
	}
	count := make([]uint32, top+1)
	at := func(i int) uint32 {
		if c.end[i]-c.begin(i) == 1 && last(c.order[c.begin(i)]) {
			return top - 1
		}
		return c.level[i]
	}
	for i := range c.end {
		count[at(i)+1]++
	}
	for l := range top {
		count[l+1] += count[l]
		if count[l+1] > count[l] {
			ends = append(ends, int(count[l+1]))
		}
	}
	sorted.outer = c.outer
	sequence := make([]uint32, len(c.end))
	for i := range c.end {
		l := at(i)
		sequence[count[l]] = uint32(i)
		count[l]++
	}
	sorted.order = make([]uint32, 0, len(c.order))
	sorted.end, sorted.level = make([]uint32, 0, len(c.end)), make([]uint32, 0, len(c.end))
	for _, i := range sequence {
		sorted.order = append(sorted.order, c.order[c.begin(int(i)):c.end[i]]...)
		sorted.end = append(sorted.end, uint32(len(sorted.order)))
		sorted.level = append(sorted.level, at(int(i)))
	}
	return sorted, ends
}

// begin returns where component i begins in the order.
func (c components) begin(i int) uint32 {
	if i == 0 {
		return 0
	}
	return c.end[i-1]
}
