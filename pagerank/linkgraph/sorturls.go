package linkgraph

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"runtime"
	"slices"
	"sync"
)

// keyed is a URL being sorted: its number, and eight bytes of it as an integer.
type keyed struct {
	key    uint64
	number uint32
}

// sortURLs sorts distinct URLs, given by number, on all processors: by eight bytes,
// then each run that has these in common by the next eight (Bentley and Sedgewick,
// "Fast Algorithms for Sorting and Searching Strings", 1997, with Sinha and Zobel's
// caching of characters). A URL is looked up once in eight bytes instead of once in
// each comparison, which would be a cache miss.
func sortURLs(all []keyed, url func(number uint32) []byte) {
	s := urlSorter{url: url, spare: make(chan struct{}, runtime.GOMAXPROCS(0)-1)}
	s.sort(all, 0)
	s.group.Wait()
}

type urlSorter struct {
	url   func(uint32) []byte
	spare chan struct{} // holds an element for each further goroutine at work
	group sync.WaitGroup
}

const (
	fewURLs  = 12      // compared as a whole
	manyURLs = 1 << 12 // worth another goroutine
)

// sort sorts URLs that have their first depth bytes in common.
func (s *urlSorter) sort(run []keyed, depth int) {
	if len(run) <= fewURLs {
		s.compare(run, depth)
		return
	}
	for i := range run {
		run[i].key = eightBytes(s.url(run[i].number), depth)
	}
	slices.SortFunc(run, func(a, b keyed) int { return cmp.Compare(a.key, b.key) })
	for len(run) > 0 {
		key, n := run[0].key, 1
		for n < len(run) && run[n].key == key {
			n++
		}
		same := run[:n:n]
		run = run[n:]
		switch {
		case n == 1:
		case byte(key) == 0: // a URL ended, or has a NUL, which ours do not
			s.compare(same, depth)
		case n < manyURLs || !s.elsewhere(same, depth+8):
			s.sort(same, depth+8)
		}
	}
}

// elsewhere sorts on another goroutine, if a processor is free for it.
func (s *urlSorter) elsewhere(run []keyed, depth int) bool {
	select {
	case s.spare <- struct{}{}:
		s.group.Go(func() {
			s.sort(run, depth)
			<-s.spare
		})
		return true
	default:
		return false
	}
}

func (s *urlSorter) compare(run []keyed, depth int) {
	slices.SortFunc(run, func(a, b keyed) int { return bytes.Compare(s.url(a.number)[depth:], s.url(b.number)[depth:]) })
}

// eightBytes returns the bytes from depth on as an integer in the same order; zeros
// follow the end.
func eightBytes(url []byte, depth int) uint64 {
	rest := url[min(depth, len(url)):]
	if len(rest) >= 8 {
		return binary.BigEndian.Uint64(rest)
	}
	var b [8]byte
	copy(b[:], rest)
	return binary.BigEndian.Uint64(b[:])
}
