package pagerank

import (
	"sort"

	"freshrank/pagerank/csr"
)

const (
	near     = 1 << 14   // pages this close, 128 KB of values, share the innermost caches
	together = 0.5       // share of near links from which the numbering of pages has locality
	many     = 16 * near // pages whose values outgrow the caches
	most     = 1 << 14   // links a page; pages of more all count as equal
)

// regroup improves the order of large components. Where pages linked to each other have
// near numbers, as in a crawl in URL order, runs of near numbers stay together, and the
// order of the search holds within each run. Otherwise the order of the search is the
// best there is, as for a crawl whose pages are numbered at random.
func regroup(out *csr.Graph, c components) {
	for i := range c.end {
		pages := c.order[c.begin(i):c.end[i]]
		if len(pages) >= many && nearby(out, len(pages), func(v int) uint32 { return pages[v] }) {
			byKey(pages, out.Pages()/near+1, func(u uint32) int { return int(u / near) })
		}
	}
}

// nearby tells, by a sample of n pages, whether most links lead to near numbers.
func nearby(out *csr.Graph, n int, page func(int) uint32) bool {
	links, short := 0, 0
	for v := 0; v < n; v += 64 {
		from := page(v)
		for _, u := range out.Row(from) {
			links++
			if d := int(u) - int(from); d < near && -d < near {
				short++
			}
		}
	}
	return float64(short) > together*float64(links)
}

// hubs tells whether numbers say nothing of who is linked to whom, and a 64th of the
// pages have a third of the links, as in a social graph. What is read most often had
// better lie side by side then (Faldu, Diamond and Grot, A closer look at lightweight
// graph reordering, 2019), and no search for a better order pays.
func hubs(out *csr.Graph) bool {
	n := out.Pages()
	if n < many || nearby(out, n, func(u int) uint32 { return uint32(u) }) {
		return false
	}
	pages := make([]int, most+1) // by degree
	for u := range n {
		pages[min(out.Degree(uint32(u)), most)]++
	}
	links, left := 0, n/64
	for degree := most; degree > 0 && left > 0; degree-- {
		take := min(pages[degree], left)
		links += take * degree
		left -= take
	}
	return links > out.Links()/3
}

// byDegree sorts pages by falling out-degree. Those with links are one component then,
// whether they all reach each other or not.
func (p Problem) byDegree() (c components) {
	for u := range p.Out.Pages() {
		if p.ranked(u) {
			c.order = append(c.order, uint32(u))
		}
	}
	byKey(c.order, most+1, func(u uint32) int { return most - min(p.Out.Degree(u), most) })
	linked := sort.Search(len(c.order), func(v int) bool { return p.Out.Degree(c.order[v]) == 0 })
	c.end, c.level = append(c.end, uint32(linked)), append(c.level, 1)
	for v := linked; v < len(c.order); v++ {
		c.end, c.level = append(c.end, uint32(v+1)), append(c.level, 0)
	}
	return c
}

// byKey sorts pages by a key below keys, those of equal key as they were.
func byKey(pages []uint32, keys int, key func(uint32) int) {
	count := make([]uint32, keys+1)
	for _, u := range pages {
		count[key(u)+1]++
	}
	for k := range keys {
		count[k+1] += count[k]
	}
	sorted := make([]uint32, len(pages))
	for _, u := range pages {
		k := key(u)
		sorted[count[k]] = u
		count[k]++
	}
	copy(pages, sorted)
}
