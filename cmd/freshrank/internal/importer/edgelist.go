package importer

import (
	"context"
	"io"
	"math"
	"strconv"
	"strings"

	"freshrank/pagerank/link"
)

// EdgeList reads text with one link a line, "from to", two numbers separated by
// spaces or a tab, as the Stanford network collection has it; lines that begin
// with # and empty lines are skipped. Page number n becomes http://PREFIX/n.
func EdgeList(ctx context.Context, name string, in io.Reader, prefix string, o Options, start func() Pages) (Report, error) {
	base := "http://" + strings.TrimSuffix(prefix, "/") + "/"
	longest := base + strconv.FormatUint(math.MaxUint64, 10)
	if c, err := link.CanonicalURL(longest, o.MaxURL); err != nil || c != longest {
		return Report{}, &InputError{File: "--prefix", What: "not a host name with an optional path", Value: prefix, Fix: "write it in lower case, such as example.org or example.org/pages"}
	}
	r := chunkReader{name: name, long: longPair, cut: atNewline, progress: o.Progress, start: func() parser {
		return &edgeParser{to: start(), url: []byte(base), base: len(base)}
	}}
	return Report{}, r.run(ctx, in)
}

type edgeParser struct {
	to   Pages
	url  []byte
	base int

	last  uint64 // the source of the last link, and its number
	from  uint32
	known bool
}

func (p *edgeParser) parse(c chunk) (lines int64, _ *InputError) {
	return eachPair(c.text, math.MaxUint64, func(_ int64, from, to uint64) *InputError {
		if !p.known || from != p.last {
			p.from, p.last, p.known = p.to.Number(p.page(from)), from, true
		}
		p.to.AddNumbers(p.from, p.to.Number(p.page(to)), 0)
		return nil
	})
}

func (p *edgeParser) page(n uint64) []byte {
	p.url = strconv.AppendUint(p.url[:p.base], n, 10)
	return p.url
}
