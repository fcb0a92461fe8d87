package pageranktest

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// webHost is one host of a [Web]: pages first … first+pages−1. Its home page comes
// first; the others are spread evenly over sections, each led by its index page.
type webHost struct {
	prefix   string // scheme and host, as in "https://www.example.org/"
	first    int
	pages    int
	sections int  // 0 if there is only the home page
	closed   bool // links to no other host
	style    uint8
}

// makeHosts divides pages among hosts whose sizes fall as 1/rank, in the order of
// their prefixes.
func makeHosts(rng *rand.Rand, pages int) []webHost {
	const average = 80 // pages a host
	hosts := make([]webHost, max(1, pages/average))
	harmonic := 0.0
	for i := range hosts {
		harmonic += 1 / float64(i+1)
	}
	left := pages - len(hosts) // each has a home page
	names := newNames(rng)
	for i := range hosts {
		share := int(math.Round(float64(pages-len(hosts)) / harmonic / float64(i+1)))
		share = min(share, left)
		left -= share
		hosts[i] = webHost{prefix: names.host(), pages: 1 + share, closed: i%5 == 1 || i%5 == 3, style: uint8(rng.IntN(pathStyles))}
	}
	hosts[0].pages += left
	slices.SortFunc(hosts, func(a, b webHost) int { return cmp.Compare(a.prefix, b.prefix) })
	first := 0
	for i := range hosts {
		h := &hosts[i]
		h.first = first
		first += h.pages
		if h.pages > 1 {
			h.sections = max(1, min((h.pages-1)/40, len(sectionNames)))
		}
	}
	return hosts
}

// section returns how many pages a section has; the last may have fewer.
func (h *webHost) section() int { return (h.pages - 1 + h.sections - 1) / h.sections }

// pick draws the target, within the host, of a link of its page at.
func (h *webHost) pick(rng *rand.Rand, at int) int {
	switch k := rng.Float64(); {
	case k < 0.7:
		// A neighbour, the logarithm of the distance uniform.
		d := int(math.Exp2(9 * rng.Float64()))
		if rng.IntN(2) == 0 {
			d = -d
		}
		if to := at + d; to >= 0 && to < h.pages {
			return to
		}
		return rng.IntN(h.pages)
	case k < 0.85:
		return rng.IntN(h.pages)
	default:
		return skew(rng.Float64(), h.pages, 3)
	}
}

// pathStyles is how many ways there are to write a path.
const pathStyles = 4

// writePath writes the path of the host's page at, without the leading slash.
// Paths ascend: sections by name, numbers of equal width within them.
func (h *webHost) writePath(b *strings.Builder, at int, rng *rand.Rand, dangling bool) {
	if at == 0 {
		return
	}
	size := h.section()
	section, offset := (at-1)/size, (at-1)%size
	b.WriteString(sectionNames[section*len(sectionNames)/h.sections])
	b.WriteByte('/')
	if offset == 0 {
		return
	}
	base := 1000
	for size > 9*base {
		base *= 10
	}
	number := strconv.Itoa(base + offset)
	switch h.style {
	case 0, 1:
		b.WriteString(number)
		b.WriteByte('-')
		b.WriteString(firstWords[rng.IntN(len(firstWords))])
		b.WriteByte('-')
		b.WriteString(lastWords[rng.IntN(len(lastWords))])
		if dangling {
			b.WriteString(".pdf")
		} else if h.style == 1 {
			b.WriteString(".html")
		}
	case 2:
		b.WriteString("?id=" + number)
	default:
		b.WriteString("page" + number + ".html")
	}
}
