package linkgraph

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"freshrank/pagerank/link"
	"freshrank/pagerank/parallel"
)

// index finds pages by key. It is an open-addressed table: keys are hashes already,
// but known to those who choose URLs, who must not choose where in the table they
// crowd.
type index struct {
	keyOnce, slotOnce sync.Once

	keys  []link.PageKey // by page
	seed  uint64
	slots []uint32 // pages, NoPage: free
}

// indexPart is how many pages a processor takes at a time.
const indexPart = 1 << 12

// makeKeys computes the keys, if there are none yet.
func (x *index) makeKeys(urls *URLs) {
	x.keyOnce.Do(func() {
		if x.keys != nil {
			return
		}
		x.keys = make([]link.PageKey, urls.Len())
		parallel.Each(runtime.GOMAXPROCS(0), (urls.Len()+indexPart-1)/indexPart, func(i int) {
			for p, url := range urls.From(link.Page(i*indexPart), link.Page((i+1)*indexPart)) {
				x.keys[p] = link.KeyOf(url)
			}
		})
	})
}

// makeSlots fills the table, if that was not done yet. Whoever finds a free slot takes
// it at once or goes on: where a key stands depends on who came first, that every slot
// before it is taken does not.
func (x *index) makeSlots() {
	x.slotOnce.Do(func() {
		x.seed, x.slots = rand.Uint64()|1, make([]uint32, len(x.keys)*4/3+1)
		for i := range x.slots {
			x.slots[i] = uint32(link.NoPage)
		}
		parallel.Each(runtime.GOMAXPROCS(0), (len(x.keys)+indexPart-1)/indexPart, func(i int) {
			for p := i * indexPart; p < min((i+1)*indexPart, len(x.keys)); p++ {
				at := x.home(x.keys[p])
				for !atomic.CompareAndSwapUint32(&x.slots[at], uint32(link.NoPage), uint32(p)) {
					at = x.after(at)
				}
			}
		})
	})
}

func (x *index) find(key link.PageKey) (link.Page, bool) {
	for at := x.home(key); ; at = x.after(at) {
		p := link.Page(x.slots[at])
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
