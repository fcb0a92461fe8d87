package verify

import (
	"math"
	"slices"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
)

// Row is what is said of one page.
type Row struct {
	URL    string
	Status string       // ranked, alias, gone, unknown
	Target link.PageKey // of an alias
	X      float64
	HasX   bool
}

// The oracle knows x to 1e−13 of an average page; float64 loses the rest.
const own = 1e-11

// driftLimit is the greatest violation of the conservation law, relative to N,
// that rounding explains.
const driftLimit = 1e-9

// Compare holds the rows, by page, and their certificate against the truth.
func Compare(rows map[link.PageKey]Row, c pagerank.Certificate, truth pageranktest.World) *Report {
	r := &Report{Ranked: truth.N, Status: map[string]int{}}
	urls := make([]string, 0, len(truth.Pages))
	for url := range truth.Pages {
		urls = append(urls, url)
	}
	slices.Sort(urls) // so that the first faults are the same every time
	seen := 0
	var served float64
	for _, url := range urls {
		key := link.KeyOf(url)
		row, ok := rows[key]
		if ok {
			seen++
		} else {
			row.Status = "unknown"
		}
		served += r.page(url, row, c, truth.Pages[url], truth.Sum)
	}
	// Pages that no event names: nothing may be said of them.
	if extra := len(rows) - seen; extra > 0 {
		known := make(map[link.PageKey]bool, len(urls))
		for _, url := range urls {
			known[link.KeyOf(url)] = true
		}
		for key, row := range rows {
			if !known[key] && (row.Status != "unknown" || row.HasX) {
				r.fault("%s: served as %s, but no event names it", row.URL, row.Status)
			}
		}
	}
	r.whole(c, truth, served)
	return r
}

// page compares one page and returns its served x.
func (r *Report) page(url string, row Row, c pagerank.Certificate, want pageranktest.Answer, sum float64) float64 {
	r.Pages++
	r.Status[want.Status]++
	if row.Status != want.Status {
		r.fault("%s: served as %s, truth is %s", url, row.Status, want.Status)
		return row.X
	}
	if want.Status == "alias" && row.Target != link.KeyOf(want.Target) {
		r.fault("%s: served as alias of page %s, truth is %s", url, row.Target, want.Target)
	}
	if row.HasX != want.Member {
		r.fault("%s: has a rank: served %v, truth %v", url, row.HasX, want.Member)
		return row.X
	}
	if !want.Member {
		return 0
	}
	lo, hi := c.XBounds(row.X, 1)
	if !(want.X >= lo*(1-own) && want.X <= hi*(1+own)) {
		r.fault("%s: x = %.17g is outside of [%.17g, %.17g] around %.17g", url, want.X, lo, hi, row.X)
	}
	rankLo, rankHi := c.RankBounds(row.X, 1)
	if !(want.Rank >= rankLo*(1-own) && want.Rank <= rankHi*(1+own)) {
		r.fault("%s: rank %.17g is outside of [%.17g, %.17g]", url, want.Rank, rankLo, rankHi)
	}
	off := math.Abs(want.X - row.X)
	if rel := off / want.X; rel >= r.MaxError {
		r.MaxError, r.MaxErrorURL, r.MaxErrorBound = rel, url, max(hi-row.X, row.X-lo)/row.X
	}
	half := row.X - lo
	if want.X > row.X {
		half = hi - row.X
	}
	if off > own*want.X {
		r.MaxUse = max(r.MaxUse, off/half)
	}
	r.L1 += math.Abs(want.Rank - row.X/c.ServedSum())
	return row.X
}

// whole compares the sums.
func (r *Report) whole(c pagerank.Certificate, truth pageranktest.World, served float64) {
	if c.Pages != truth.N {
		r.fault("N: served %d, truth %d", c.Pages, truth.N)
	}
	if lo, hi := c.SumBounds(); truth.N > 0 && !(truth.Sum >= lo*(1-own) && truth.Sum <= hi*(1+own)) {
		r.fault("Σx = %.17g is outside of [%.17g, %.17g]", truth.Sum, lo, hi)
	}
	r.SumRank = served / c.ServedSum()
	r.SumBound = c.Slack*max(1.01, r.SumRank) + 1e-9 // the slack is relative to what is served
	if truth.N > 0 && !(math.Abs(r.SumRank-1) <= r.SumBound) {
		r.fault("served ranks sum to %.12f, further from 1 than %.3g", r.SumRank, r.SumBound)
	}
	if r.Drift = c.Drift(); r.Drift > driftLimit {
		r.fault("conservation law is off by %.3g of N", r.Drift)
	}
	// With the served values at hand there is a bound however great the slack.
	if r.L1Bound = min(c.L1(), 1+r.SumRank); r.L1 > r.L1Bound+own {
		r.fault("‖π−π̃‖₁ = %.3g is above the stated %.3g", r.L1, r.L1Bound)
	}
}
