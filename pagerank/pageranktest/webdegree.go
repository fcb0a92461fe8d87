package pageranktest

import (
	"math"
	"math/rand/v2"
)

// makeDegrees says how many links each page has, and which have none: pages of
// one folder are alike. The shape is cnr-2000's: log-normal, less steep at the top,
// as z of −0.5, 0.4, 1.1, 2.2, 3.0 stand for 3, 12, 32, 59 and 140 links there.
func (w *Web) makeDegrees(rng *rand.Rand, links int) {
	const (
		dangling = 0.57 // share of a folder's pages, in every other folder
		alike    = 0.97 // share of a degree's variance that is the folder's
		usual    = 5.2  // links per weight in a web of ten links a page
	)
	weights, caps := make([]float32, len(w.degree)), make([]uint16, len(w.degree))
	for i := range w.hosts {
		h := &w.hosts[i]
		var here folder
		common, bare := 0.0, false
		for at := range h.pages {
			if at >= here.end {
				here = w.folderOf(h, at)
				common, bare = rng.NormFloat64(), rng.IntN(2) == 0
			}
			z := math.Sqrt(alike)*common + math.Sqrt(1-alike)*rng.NormFloat64()
			list := here.list(at)
			if list == 0 && bare && rng.Float64() < dangling {
				continue
			}
			caps[h.first+at] = uint16(min(2+h.pages/2, mostLinks, len(w.degree)-1))
			if list > 0 {
				weights[h.first+at] = float32(list) / usual
				continue
			}
			y := 1.5 * z
			if z > 1.1 {
				y = 1.65 + 0.77*(z-1.1)
			}
			weights[h.first+at] = float32(math.Exp(y))
		}
	}
	if !w.share(weights, caps, links) {
		for p := range caps {
			if weights[p] > 0 {
				caps[p] = uint16(min(mostLinks, len(w.degree)-1))
			}
		}
		w.share(weights, caps, links)
	}
}

// mostLinks is the greatest out-degree.
const mostLinks = 4000

// share sets degrees of 1 + c·weight, at most cap, where the weight is not zero,
// with c such that they add up to links; false if they cannot.
func (w *Web) share(weights []float32, caps []uint16, links int) bool {
	total := func(c float64) (sum float64) {
		for p, weight := range weights {
			if weight > 0 {
				sum += min(1+c*float64(weight), float64(caps[p]))
			}
		}
		return sum
	}
	lo, hi := 0.0, 1.0
	for total(hi) < float64(links) && hi < 1e9 {
		lo, hi = hi, hi*4
	}
	for range 30 {
		if mid := (lo + hi) / 2; total(mid) < float64(links) {
			lo = mid
		} else {
			hi = mid
		}
	}

	w.links = 0
	owed := 0.0
	for p, weight := range weights {
		w.degree[p] = 0
		if weight == 0 || w.links >= links {
			continue
		}
		owed += min(1+hi*float64(weight), float64(caps[p]))
		d := min(max(uint32(owed), 1), uint32(caps[p]), uint32(links-w.links))
		owed -= float64(d)
		w.degree[p] = d
		w.links += int(d)
	}
	for p := 0; p < len(weights) && w.links < links; p++ { // what rounding left over
		if d := min(uint32(caps[p])-w.degree[p], uint32(links-w.links), 1+uint32((links-w.links)/len(weights))); weights[p] > 0 && d > 0 {
			w.degree[p] += d
			w.links += int(d)
		}
	}
	return w.links == links
}
