package pagerank

import "freshrank/pagerank/csr"

const (
	near      = 1 << 14 // pages this close, 128 KB of values, share the innermost caches
	together  = 0.5     // share of near links from which the numbering of pages has locality
	scattered = 0.25    // share of near links below which the order of the search has none
)

// regroup improves the order of components whose values outgrow the caches, by what a
// sample of their links shows:
//
//   - Where pages linked to each other have near numbers, as in a crawl in URL order,
//     runs of near numbers stay together, and the order of the search holds within
//     each run.
//   - Otherwise, where it brings few links near either, pages are sorted by falling
//     out-degree: social and random graphs are like that in any order, and what is
//     read most often had better lie side by side (Faldu, Diamond and Grot, A closer
//     look at lightweight graph reordering, 2019).
//   - Otherwise the order of the search is the best there is, as for a crawl whose
//     pages are numbered at random.
func regroup(in *csr.Graph, c components, degree func(uint32) int) {
	var at []uint32
	for i := range c.end {
		pages := c.order[c.begin(i):c.end[i]]
		if len(pages) < 16*near {
			continue
		}
		if at == nil {
			at = make([]uint32, in.Pages())
			for v, u := range c.order {
				at[u] = uint32(v)
			}
		}
		links, inOrder, inNumber := 0, 0, 0
		for v := 0; v < len(pages); v += 64 { // a sample is enough
			for _, u := range in.Row(pages[v]) {
				if w := int(at[u]) - int(c.begin(i)); w >= 0 && w < len(pages) {
					links++
					if w-v < near && v-w < near {
						inOrder++
					}
					if d := int(u) - int(pages[v]); d < near && -d < near {
						inNumber++
					}
				}
			}
		}
		switch {
		case float64(inNumber) > together*float64(links):
			byKey(pages, in.Pages()/near+1, func(u uint32) int { return int(u / near) })
		case float64(inOrder) < scattered*float64(links):
			const most = 1 << 14 // of this degree or more, all count as equal
			byKey(pages, most+1, func(u uint32) int { return most - min(degree(u), most) })
		}
	}
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
