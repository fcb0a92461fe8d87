package linkgraph

import (
	"encoding/binary"
	"hash/maphash"
	"sync"

	"freshrank/pagerank/link"
)

// interner numbers distinct URLs, for several goroutines at a time. It is cut into
// shards by hash, each with a lock, an open-addressed table and an arena of URLs:
// beside its text and a byte or two of length, a URL takes 8 bytes for where it
// stands and 11 to 21 in the table. The hash is seeded: those who choose URLs cannot
// make them crowd.
//
// Numbers depend on the order in which URLs come, and have gaps. Whoever wants a
// result that does not goes by the URLs: see sortURLs.
type interner struct {
	seed   maphash.Seed
	shards [internShards]internShard
}

const (
	internShardBits = 6
	internShards    = 1 << internShardBits
	internShardMax  = 1<<(32-internShardBits) - 1 // URLs of a shard; NoPage is no number

	firstArena, fullArena = 1 << 12, 1 << 18 // bytes of a block
	arenaOffsetBits       = 20
)

type internShard struct {
	mu     sync.Mutex
	slots  []uint64 // half a hash, and one more than the number in the shard; 0: free
	at     []uint64 // by number in the shard: block, offset in it, and a bit for crawled
	blocks [][]byte // length and text of one URL after the other; they never move
	full   bool     // a URL was refused
}

// number returns the number of a URL.
func (t *interner) number(url []byte) uint32 {
	hash := maphash.Bytes(t.seed, url)
	k := hash >> (64 - internShardBits)
	s := &t.shards[k]
	s.mu.Lock()
	n := s.number(uint32(hash), url)
	s.mu.Unlock()
	return n<<internShardBits | uint32(k)
}

// crawled notes that the page with a number is.
func (t *interner) crawled(n uint32) {
	s := &t.shards[n%internShards]
	s.mu.Lock()
	s.at[n>>internShardBits] |= 1
	s.mu.Unlock()
}

func (s *internShard) number(hash uint32, url []byte) uint32 {
	if 4*len(s.at) >= 3*len(s.slots) {
		s.grow()
	}
	mask := uint32(len(s.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		slot := s.slots[i]
		if slot == 0 {
			if len(s.at) == internShardMax {
				s.full = true
				return 0
			}
			s.add(url)
			s.slots[i] = uint64(hash)<<32 | uint64(len(s.at))
			return uint32(len(s.at) - 1)
		}
		if uint32(slot>>32) == hash {
			if n := uint32(slot) - 1; string(s.url(n)) == string(url) {
				return n
			}
		}
	}
}

func (s *internShard) grow() {
	old := s.slots
	s.slots = make([]uint64, max(16, 2*len(old)))
	mask := uint32(len(s.slots) - 1)
	for _, slot := range old {
		if slot != 0 {
			i := uint32(slot>>32) & mask
			for s.slots[i] != 0 {
				i = (i + 1) & mask
			}
			s.slots[i] = slot
		}
	}
}

func (s *internShard) add(url []byte) {
	last := len(s.blocks) - 1
	need := binary.MaxVarintLen64 + len(url)
	if last < 0 || cap(s.blocks[last])-len(s.blocks[last]) < need || len(s.blocks[last]) >= 1<<arenaOffsetBits {
		size := firstArena
		if last >= 0 {
			size = min(2*cap(s.blocks[last]), fullArena)
		}
		s.blocks = append(s.blocks, make([]byte, 0, max(size, need)))
		last++
	}
	block := &s.blocks[last]
	s.at = append(s.at, (uint64(last)<<arenaOffsetBits|uint64(len(*block)))<<1)
	*block = binary.AppendUvarint(*block, uint64(len(url)))
	*block = append(*block, url...)
}

func (s *internShard) url(n uint32) []byte {
	at := s.at[n] >> 1
	text := s.blocks[at>>arenaOffsetBits][at&(1<<arenaOffsetBits-1):]
	length, k := binary.Uvarint(text)
	return text[k : k+int(length)]
}

// url returns the URL with a number. Nothing may be added meanwhile.
func (t *interner) url(n uint32) []byte {
	return t.shards[n%internShards].url(n >> internShardBits)
}

// kind returns what is known of the URL with a number.
func (t *interner) kind(n uint32) link.Kind {
	if t.shards[n%internShards].at[n>>internShardBits]&1 != 0 {
		return link.Crawled
	}
	return link.Unseen
}

// count returns how many URLs there are, and a bound above all their numbers.
func (t *interner) count() (urls int, bound uint64) {
	for k := range t.shards {
		s := &t.shards[k]
		s.mu.Lock()
		urls += len(s.at)
		bound = max(bound, uint64(len(s.at))<<internShardBits)
		s.mu.Unlock()
	}
	return urls, bound
}

// full reports whether there were more URLs than can be numbered.
func (t *interner) full() bool {
	for k := range t.shards {
		if t.shards[k].full {
			return true
		}
	}
	return false
}

// sorted returns the numbers that are kept, or all if keep is nil, in the order of their
// URLs. Nothing can be added any more.
func (t *interner) sorted(keep []bool) []keyed {
	n, _ := t.count()
	all := make([]keyed, 0, n)
	for k := range t.shards {
		t.shards[k].slots = nil
		for i := range t.shards[k].at {
			if n := uint32(i)<<internShardBits | uint32(k); keep == nil || keep[n] {
				all = append(all, keyed{number: n})
			}
		}
	}
	sortURLs(all, t.url)
	return all
}
