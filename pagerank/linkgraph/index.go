package linkgraph

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"runtime"

	"freshrank/pagerank/link"
	"freshrank/pagerank/parallel"
)

// index finds pages by key. It is an open-addressed table: keys are hashes already,
// but known to those who choose URLs, who must not choose where in the table they
// crowd.
type index struct {
	seed  uint64
	keys  []link.PageKey // by page
	slots []link.Page    // NoPage: free
}

func newIndex(urls *URLs) index {
	x := index{seed: rand.Uint64() | 1, keys: make([]link.PageKey, urls.Len()), slots: make([]link.Page, urls.Len()*4/3+1)}
	const part = 1 << 12
	parallel.Each(runtime.GOMAXPROCS(0), (urls.Len()+part-1)/part, func(i int) {
		for p, url := range urls.From(link.Page(i*part), link.Page((i+1)*part)) {
			x.keys[p] = link.KeyOf(url)
		}
	})
	for i := range x.slots {
		x.slots[i] = link.NoPage
	}
	for p, key := range x.keys {
		at := x.home(key)
		for x.slots[at] != link.NoPage {
			at = x.after(at)
		}
		x.slots[at] = link.Page(p)
	}
	return x
}

func (x *index) find(key link.PageKey) (link.Page, bool) {
	for at := x.home(key); ; at = x.after(at) {
		p := x.slots[at]
		if p == link.NoPage || x.keys[p] == key {
			return p, p != link.NoPage
		}
	}
}

// home returns where a key is looked for first.
func (x *index) home(key link.PageKey) int {
	at, _ := bits.Mul64(binary.LittleEndian.Uint64(key[:])*x.seed, uint64(len(x.slots)))
	return int(at)
}

func (x *index) after(at int) int {
	if at++; at < len(x.slots) {
		return at
	}
	return 0
}
