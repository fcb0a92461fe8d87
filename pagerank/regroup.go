package pagerank

import "freshrank/pagerank/csr"

// near is how far apart two places may be for one to be in a cache because of the
// other; scattered is the share of near links below which order has no locality.
const (
	near      = 1 << 14
	scattered = 0.25
)

// regroup sorts the pages of large components in which few links are near by falling
// out-degree. Social and random graphs are like that in any order, and then it is
// best to have what is read most often side by side, and rows of like length too
// (Faldu, Diamond and Grot, A closer look at lightweight graph reordering, 2019).
// Where links are near, as on the web, that would only spoil it.
func regroup(in *csr.Graph, c components, degree func(uint32) int) {
	var at []uint32
	for i := range c.end {
		pages := c.order[c.begin(i):c.end[i]]
		if len(pages) < 4*near {
			continue
		}
		if at == nil {
			at = make([]uint32, in.Pages())
			for v, u := range c.order {
				at[u] = uint32(v)
			}
		}
		links, close := 0, 0
		for v := 0; v < len(pages); v += 64 { // a sample is enough
			for _, u := range in.Row(pages[v]) {
				if w := int(at[u]) - int(c.begin(i)); w >= 0 && w < len(pages) {
					links++
					if w-v < near && v-w < near {
						close++
					}
				}
			}
		}
		if float64(close) < scattered*float64(links) {
			byDegree(pages, degree)
		}
	}
}

// byDegree sorts pages by falling degree, those of equal degree as they were.
func byDegree(pages []uint32, degree func(uint32) int) {
	const most = 1 << 14 // of this degree or more, all count as equal
	var count [most + 2]int
	key := func(u uint32) int { return most - min(degree(u), most) }
	for _, u := range pages {
		count[key(u)+1]++
	}
	for k := range most {
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
