package pageranktest

import (
	"math"
	"math/rand/v2"
	"slices"
)

// AppendLinks appends the targets of page's links to buf: ascending, each once,
// never page itself. Most are those of a menu that the page shares with its folder,
// its section or its host; the others are its own. A list page leads to the pages
// that follow it and to the next list page: so everything is linked to.
func (w *Web) AppendLinks(buf []uint32, page int) []uint32 {
	want := w.Degree(page)
	if want == 0 {
		return buf
	}
	const shared = 0.9
	number, start := w.hostNumber(page), len(buf)
	host := &w.hosts[number]
	at := page - host.first
	menu := menu{web: w, host: host, folder: w.folderOf(host, at), at: at}
	rng := w.rng(saltLinks, page)
	if list := menu.folder.list(at); list > 0 {
		if at == 0 && !host.closed {
			buf = w.appendHosts(buf, number, start+want-1)
		}
		buf = append(buf, uint32(host.first+(at+list)%host.pages))
		for t := at + 1; t < at+list && len(buf)-start < want; t++ {
			buf = append(buf, uint32(host.first+t%host.pages))
		}
		buf = drop(tidy(buf, start), start, uint32(page))
	}
	common := len(buf) - start
	common += int(shared*float64(want-common) + rng.Float64())
	for item := 0; item < 2*common+8 && len(buf)-start < common; {
		for range common - (len(buf) - start) {
			if t := menu.item(item); t != page && w.degree[t] > 0 {
				buf = append(buf, uint32(t))
			}
			item++
		}
		buf = tidy(buf, start)
	}
	for round := 0; len(buf)-start < want && round < 12; round++ {
		for range want - (len(buf) - start) {
			if t := w.pick(rng, host, page, round >= 10); t != page {
				buf = append(buf, uint32(t))
			}
		}
		buf = tidy(buf, start)
	}
	// A small web whose popular pages are all taken: the next ones then.
	for t := page; len(buf)-start < want; {
		t = (t + 1) % w.Pages()
		if _, taken := slices.BinarySearch(buf[start:], uint32(t)); !taken && t != page {
			buf = tidy(append(buf, uint32(t)), start)
		}
	}
	return buf
}

// appendHosts appends the home pages of the hosts that follow a host, up to the next
// that is not closed, but does not make buf longer than most.
func (w *Web) appendHosts(buf []uint32, number, most int) []uint32 {
	for i := 1; i < len(w.hosts) && len(buf) < most; i++ {
		h := &w.hosts[(number+i)%len(w.hosts)]
		buf = append(buf, uint32(h.first))
		if !h.closed {
			break
		}
	}
	return buf
}

// folder is a run of a host's pages, first … end−1, that are made alike.
type folder struct {
	first, end int
	key        uint64 // random
}

// folderOf returns the folder of the host's page at. Folders have 4, 8, … 4096
// pages; as many pages lie in one size as in three quarters of all greater ones.
func (w *Web) folderOf(h *webHost, at int) folder {
	size := uint(12)
	key := w.hash(saltFolder, h.first, int(size)<<32|at>>size)
	for size > 2 && key&3 != 0 {
		size--
		key = w.hash(saltFolder, h.first, int(size)<<32|at>>size)
	}
	first := at >> size << size
	return folder{first: first, end: min(first+1<<size, h.pages), key: key}
}

// list returns how many pages the page at lists, itself included; 0 if it is no list
// page.
func (f folder) list(at int) int {
	size := [16]int{16, 16, 16, 16, 16, 16, 64, 64, 64, 64, 64, 64, 512, 512, 512, 2048}[f.key>>32&15]
	if (at-f.first)%size != 0 {
		return 0
	}
	return min(size, f.end-at)
}

// drop removes value from the sorted elements from start on.
func drop(buf []uint32, start int, value uint32) []uint32 {
	if i, ok := slices.BinarySearch(buf[start:], value); ok {
		return slices.Delete(buf, start+i, start+i+1)
	}
	return buf
}

// menu is the list of links that the pages of a folder begin with.
type menu struct {
	web    *Web
	host   *webHost
	folder folder
	at     int
}

// item returns where the k-th link leads: one in four from a list of the whole host,
// one from that of a section, two from the folder's own, which is a row of pages
// that follow each other.
func (m *menu) item(k int) int {
	h := m.host
	switch j := k >> 2; k & 3 {
	case 0:
		if j == 0 {
			return h.first
		}
		key := m.web.hash(saltMenu, h.first, j)
		switch {
		case !h.closed && key&31 == 0:
			return m.web.elsewhere(unit(key>>8, 28), 0)
		case key&32 == 0 && h.sections > 0:
			return h.first + min(1+int(key>>8%uint64(h.sections))*h.section(), h.pages-1)
		default:
			return h.first + skew(unit(key>>8, 28), h.pages, 3)
		}
	case 1:
		if h.sections == 0 {
			return h.first
		}
		size := h.section()
		index := 1 + max(m.at-1, 0)/size*size
		if j == 0 {
			return h.first + index
		}
		key := m.web.hash(saltMenu, h.first+index, -j)
		return h.first + index + skew(unit(key>>8, 28), min(size, h.pages-index), 2)
	default:
		base := m.folder.first
		if m.folder.key>>9&1 == 0 {
			base = int(m.folder.key >> 16 % uint64(h.pages))
		}
		return h.first + (base+k>>1)%h.pages
	}
}

// pick draws the target of a link of page's own. With wide set it draws evenly, from
// everywhere.
func (w *Web) pick(rng *rand.Rand, host *webHost, page int, wide bool) int {
	if wide {
		return rng.IntN(w.Pages())
	}
	if host.pages == 1 || !host.closed && rng.Float64() < 0.03 {
		return w.elsewhere(rng.Float64(), rng.Float64())
	}
	return host.first + host.pick(rng, page-host.first)
}

// elsewhere returns a page of some host: popularity falls off as a power law, over
// hosts and in them, and half of the links lead to a home page.
func (w *Web) elsewhere(host, page float64) int {
	h := &w.hosts[w.popular[skew(host, len(w.popular), 4)]]
	if page < 0.5 {
		return h.first
	}
	return h.first + skew(2*page-1, h.pages, 4)
}

// skew returns a number below n, k with a probability that falls as k^(1/power−1),
// for an even u from 0 to 1.
func skew(u float64, n int, power float64) int {
	return min(n-1, int(float64(n)*math.Pow(u, power)))
}

// hash returns a random number for a purpose and two numbers, always the same
// (Steele, Lea and Flood's SplitMix64, 2014).
func (w *Web) hash(salt, a, b int) uint64 {
	z := w.seed ^ uint64(salt)<<56
	for _, v := range [2]int{a, b} {
		z += uint64(v) + 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
	}
	return z
}

// unit turns the lowest bits of a random number into one from 0 to 1.
func unit(random uint64, bits uint) float64 {
	return float64(random&(1<<bits-1)) / float64(uint64(1)<<bits)
}
