package csr

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Build sorts links twice, neither time over more memory than a core's cache. First
// every block of 65,536 links is sorted by bucket: pages are cut into at most 512
// runs of equal length. Then a bucket's links, a piece of each block, are counted by
// page, put into rows and the rows sorted, all of it in the stretch of the graph
// that is the bucket's. Blocks in one step and buckets in the other are independent
// of each other, and so done in parallel without any atomic or shared write.
const buckets = 512

// build fills g, whose Start is zero and whose Target has a place for every link, and
// returns how many links it has.
func (b *Builder) build(g *Graph, blocks [][]pair) int {
	pages := g.Pages()
	shift := 0
	for (pages-1)>>shift >= buckets {
		shift++
	}
	ends := make([][buckets]uint32, len(blocks)) // by block: where buckets end
	// The half megabyte that each processor needs for it is little beside its blocks.
	few := len(blocks)/16 + 1
	onEach(len(blocks), few, func() func(int) {
		buf := new([fullBlock]pair)
		return func(i int) { sortByBucket(blocks[i], buf, shift, &ends[i]) }
	})
	var first [buckets + 1]uint64
	for i := range blocks {
		before := uint32(0)
		for k, end := range ends[i] {
			first[k+1] += uint64(end - before)
			before = end
		}
	}
	for k := range buckets {
		first[k+1] += first[k]
	}
	var kept [buckets]uint64
	onEach((pages+1<<shift-1)>>shift, buckets, func() func(int) {
		f := filler{g: g, blocks: blocks, ends: ends, dedupe: b.Dedupe, dropLoops: b.DropLoops}
		return func(k int) {
			lo := k << shift
			kept[k] = f.fill(k, lo, min(lo+1<<shift, pages), first[k])
		}
	})
	if !b.Dedupe && !b.DropLoops {
		return len(g.Target)
	}
	// Close the gaps that duplicates or loops left between buckets.
	at := uint64(0)
	for k := range kept {
		copy(g.Target[at:], g.Target[first[k]:first[k]+kept[k]])
		if moved := first[k] - at; moved > 0 {
			lo := min(k<<shift, pages)
			for u := lo; u < min(lo+1<<shift, pages); u++ {
				g.Start[u+1] -= moved
			}
		}
		at += kept[k]
	}
	return int(at)
}

func sortByBucket(block []pair, buf *[fullBlock]pair, shift int, ends *[buckets]uint32) {
	var next [buckets]uint32
	for _, l := range block {
		ends[l.source>>shift]++
	}
	sum := uint32(0)
	for k, count := range ends {
		next[k] = sum
		sum += count
		ends[k] = sum
	}
	copy(buf[:], block)
	for _, l := range buf[:len(block)] {
		k := l.source >> shift
		block[next[k]] = l
		next[k]++
	}
}

// filler makes rows from buckets, one after the other.
type filler struct {
	g      *Graph
	blocks [][]pair
	ends   [][buckets]uint32
	next   []uint64 // by page of the bucket
	buf    []uint32

	dedupe, dropLoops bool
}

// fill makes rows lo … hi−1 from the links of bucket k. They begin at place first;
// how many places they take is returned.
func (f *filler) fill(k, lo, hi int, first uint64) uint64 {
	g := f.g
	f.next = append(f.next[:0], make([]uint64, hi-lo)...)
	next := f.next
	f.each(k, func(links []pair) {
		for _, l := range links {
			if f.dropLoops && l.source == l.target {
				continue
			}
			next[int(l.source)-lo]++
		}
	})
	at := first
	for i, count := range next {
		next[i] = at
		at += count
	}
	f.each(k, func(links []pair) {
		for _, l := range links {
			if f.dropLoops && l.source == l.target {
				continue
			}
			place := &next[int(l.source)-lo]
			g.Target[*place] = l.target
			*place++
		}
	})
	from, kept := first, first
	for i, end := range next { // each now stands where its row ends
		row := g.Target[from:end]
		f.buf = sortRow(row, f.buf, g.Pages())
		if f.dedupe {
			row = slices.Compact(row)
		}
		if kept < from {
			copy(g.Target[kept:], row)
		}
		kept += uint64(len(row))
		g.Start[lo+i+1] = kept
		from = end
	}
	return kept - first
}

// each calls do for the links of bucket k, block by block.
func (f *filler) each(k int, do func([]pair)) {
	for i := range f.blocks {
		from := uint32(0)
		if k > 0 {
			from = f.ends[i][k-1]
		}
		if to := f.ends[i][k]; from < to {
			do(f.blocks[i][from:to])
		}
	}
}

// sortRow sorts a row of pages below pages: a long one by radix, in buf, which is
// returned for the next.
func sortRow(row, buf []uint32, pages int) []uint32 {
	const digit, long = 11, 128
	if len(row) < long || len(row) > pages {
		slices.Sort(row)
		return buf
	}
	if len(buf) < len(row) {
		buf = make([]uint32, max(len(row), 4*long))
	}
	from, to := row, buf[:len(row)]
	for shift := 0; (pages-1)>>shift > 0; shift += digit {
		var next [1 << digit]uint32
		for _, v := range from {
			next[v>>shift&(1<<digit-1)]++
		}
		sum := uint32(0)
		for i, count := range next {
			next[i], sum = sum, sum+count
		}
		for _, v := range from {
			d := v >> shift & (1<<digit - 1)
			to[next[d]] = v
			next[d]++
		}
		from, to = to, from
	}
	if &from[0] != &row[0] {
		copy(row, from)
	}
	return buf
}

// onEach calls do for 0 … n−1, each once, on all processors but not more than most;
// start makes the do of each.
func onEach(n, most int, start func() (do func(i int))) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n, most) {
		group.Go(func() {
			do := start()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	group.Wait()
}
