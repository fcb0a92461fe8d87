package importer

import (
	"context"
	"io"
	"math"
)

// Links takes links by page number; a [csr.Part] is one.
type Links interface{ Add(source, target uint32) }

// longPair is what to do about an edge list with an endless line.
const longPair = "is this an edge list? Each line holds two page numbers"

// Numbers reads an edge list as [EdgeList] does, but keeps the numbers, which must fit
// 32 bits, and makes no URLs. It parses on all processors, each with a Links from
// start, and counts the links of a page to itself. progress, if set, is called now and
// then.
func Numbers(ctx context.Context, name string, in io.Reader, start func() Links, progress func()) (selfLoops int64, err error) {
	var all []*numberParser
	r := chunkReader{name: name, long: longPair, cut: atNewline, progress: progress, start: func() parser {
		p := &numberParser{to: start()}
		all = append(all, p)
		return p
	}}
	err = r.run(ctx, in)
	for _, p := range all {
		selfLoops += p.self
	}
	return selfLoops, err
}

type numberParser struct {
	to   Links
	self int64
}

func (p *numberParser) parse(c chunk) (lines int64, _ *InputError) {
	return eachPair(c.text, math.MaxUint32, func(_ int64, from, to uint64) *InputError {
		if from == to {
			p.self++
		}
		p.to.Add(uint32(from), uint32(to))
		return nil
	})
}
