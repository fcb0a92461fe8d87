package importer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unsafe"

	"freshrank/pagerank/link"
)

// CSV reads rows of source URL, target URL and, optionally, the link's rel (words
// separated by spaces). A first row without a URL names the columns: source, target
// and rel, in any order and among others.
func CSV(ctx context.Context, name string, in io.Reader, o Options, start func() Pages) (Report, error) {
	return rows(ctx, name, in, rowCutter{','}, o, start)
}

// TSV reads the same with tabs between the columns and no quotes.
func TSV(ctx context.Context, name string, in io.Reader, o Options, start func() Pages) (Report, error) {
	return rows(ctx, name, in, rowCutter{'\t'}, o, start)
}

func rows(ctx context.Context, name string, in io.Reader, cutter rowCutter, o Options, start func() Pages) (Report, error) {
	cols := &columns{source: 0, target: 1, rel: 2}
	var tallies []*tally
	r := chunkReader{
		name: name, cut: cutter.cut, progress: o.Progress,
		long: "each row holds a source URL and a target URL; is a quote left open?",
		head: func(text []byte) (lines, skip int, _ *InputError) { return cols.head(text, cutter) },
		start: func() parser {
			p := &rowParser{rowCutter: cutter, columns: cols}
			p.links = links{max: o.MaxURL, to: start(), tally: tally{strict: o.Strict}}
			tallies = append(tallies, &p.links.tally)
			return p
		},
	}
	err := r.run(ctx, in)
	return r.report(tallies), err
}

// columns says which columns hold what; rel −1: none does. It is set by the head of
// a text before any of its rows is parsed.
type columns struct{ source, target, rel int }

// head looks for a row with the columns' names at the start of a text.
func (c *columns) head(text []byte, cutter rowCutter) (lines, skip int, _ *InputError) {
	rest := bytes.TrimPrefix(text, []byte("\ufeff"))
	mark := len(text) - len(rest)
	for len(rest) > 0 {
		fields, n, after, bad := cutter.next(rest, nil)
		if bad != nil {
			bad.Line += int64(lines)
			return lines, 0, bad
		}
		rest, lines = after, lines+int(n)
		if len(fields) == 0 {
			continue
		}
		if slices.ContainsFunc(fields, func(f []byte) bool { return bytes.Contains(f, []byte("://")) }) {
			break
		}
		if !c.named(fields) {
			return lines, 0, &InputError{Line: int64(lines), What: "neither a link nor a header with the columns source and target", Value: string(bytes.Join(fields, []byte{cutter.sep})),
				Fix: "each row holds a source URL and a target URL, such as https://a.example/,https://b.example/"}
		}
		return lines, len(text) - len(rest), nil
	}
	return 0, mark, nil
}

func (c *columns) named(row [][]byte) bool {
	find := func(names ...string) int {
		return slices.IndexFunc(row, func(f []byte) bool {
			return slices.Contains(names, strings.ToLower(strings.TrimSpace(string(f))))
		})
	}
	*c = columns{source: find(sourceNames...), target: find(targetNames...), rel: find("rel")}
	return c.source >= 0 && c.target >= 0
}

// What columns are called.
var (
	sourceNames = []string{"source", "from", "src"}
	targetNames = []string{"target", "to", "dst", "destination"}
)

type rowParser struct {
	rowCutter
	columns *columns
	links   links
	fields  [][]byte
}

func (p *rowParser) parse(c chunk) (lines int64, bad *InputError) {
	need := max(p.columns.source, p.columns.target) + 1
	for text := c.text; len(text) > 0; {
		var n int64
		p.fields, n, text, bad = p.next(text, p.fields)
		line := lines + 1
		lines += n
		switch {
		case bad != nil:
			bad.Line += line - 1
			return lines, bad
		case len(p.fields) == 0:
			continue
		case len(p.fields) < need:
			return lines, &InputError{Line: line, What: fmt.Sprintf("%d columns where %d are needed", len(p.fields), need),
				Value: string(bytes.Join(p.fields, []byte{p.sep})), Fix: "each row holds a source URL and a target URL"}
		}
		rel := link.Rel(0)
		if k := p.columns.rel; k >= 0 && k < len(p.fields) {
			rel = relOf(p.fields[k])
		}
		if bad := p.links.add(p.fields[p.columns.source], p.fields[p.columns.target], rel, c.number, line); bad != nil {
			return lines, bad
		}
	}
	return lines, nil
}

// relOf keeps the words of an HTML rel attribute that bear on ranking.
func relOf(attribute []byte) link.Rel {
	if len(attribute) == 0 {
		return 0
	}
	return link.ParseRel(unsafe.String(unsafe.SliceData(attribute), len(attribute))) // which keeps nothing of it
}
