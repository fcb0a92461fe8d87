package importer

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
)

// noPage stands for a host that was left out.
const noPage = math.MaxUint32

// CommonCrawl reads a web graph as Common Crawl publishes it: vertices, each a number
// and a host or domain with its parts reversed ("17\torg.example.www"), with further
// columns or without, and edges, two such numbers a line. A host stands for its front
// page: it becomes the page http://HOST/. A host that is no valid name, with
// underscores and all, is left out, and so are its links; both are counted.
func CommonCrawl(ctx context.Context, vertices, edges *Source, o Options, start func() Pages) (Report, error) {
	all := vertexReader{maxURL: o.MaxURL}
	r := chunkReader{
		name: vertices.Name, cut: atNewline, progress: o.Progress, long: vertexFix,
		start: func() parser {
			p := &vertexParser{to: start(), max: o.MaxURL, tally: tally{strict: o.Strict}}
			all.parsers = append(all.parsers, p)
			return p
		},
	}
	if err := r.run(ctx, vertices); err != nil {
		return Report{}, err
	}
	report := r.report(all.tallies())
	pages, bad := all.table()
	if bad != nil {
		bad.File = vertices.Name
		return Report{}, bad
	}
	var tallies []*tally
	r = chunkReader{
		name: edges.Name, cut: atNewline, progress: o.Progress, long: longPair,
		start: func() parser {
			p := &hostLinks{to: start(), pages: pages}
			tallies = append(tallies, &p.tally)
			return p
		},
	}
	err := r.run(ctx, edges)
	return report.with(r.report(tallies).Drops), err
}

const vertexFix = "each line of the vertices holds a number, a tab and a host name from right to left, such as 17\torg.example.www"

type vertexReader struct {
	maxURL  int
	parsers []*vertexParser
}

func (r *vertexReader) tallies() (all []*tally) {
	for _, p := range r.parsers {
		all = append(all, &p.tally)
	}
	return all
}

// vertex is a number of the release and the page that it became; noPage if none.
type vertex struct{ number, page uint32 }

// table returns the page of each number. Numbers are dense in a release: few may be
// missing, or one of them could ask for any amount of memory.
func (r *vertexReader) table() ([]uint32, *InputError) {
	highest, count := uint32(0), 0
	for _, p := range r.parsers {
		count += len(p.all)
		for _, v := range p.all {
			highest = max(highest, v.number)
		}
	}
	if int(highest) > 4*count+1000 {
		return nil, &InputError{What: fmt.Sprintf("%d vertices but one with the number", count), Value: fmt.Sprint(highest), Fix: "the vertices of a web graph are numbered from 0 without gaps; is the file whole?"}
	}
	pages := slices.Repeat([]uint32{unknownVertex}, int(highest)+1)
	for _, p := range r.parsers {
		for _, v := range p.all {
			if pages[v.number] != unknownVertex {
				return nil, &InputError{What: "two vertices with the number", Value: fmt.Sprint(v.number), Fix: "the vertices of a web graph are numbered from 0, each once"}
			}
			pages[v.number] = v.page
		}
		p.all = nil
	}
	return pages, nil
}

// unknownVertex stands for a number that no vertex has.
const unknownVertex = noPage - 1

type vertexParser struct {
	tally
	to  Pages
	max int
	all []vertex
	url []byte
}

func (p *vertexParser) parse(c chunk) (lines int64, _ *InputError) {
	for text := c.text; len(text) > 0; {
		var line []byte
		line, text = firstLine(text)
		lines++
		if len(line) == 0 {
			continue
		}
		n, end := digits(line, 0)
		if end == 0 || end > 10 || n >= unknownVertex || end == len(line) || line[end] != '\t' {
			return lines, &InputError{Line: lines, What: "no vertex", Value: string(line), Fix: vertexFix}
		}
		host, _, _ := bytes.Cut(line[end+1:], []byte{'\t'})
		p.url = appendHost(p.url[:0], host)
		page := uint32(noPage)
		if url, _, bad := canonical(p.url, p.max); bad == nil && bytes.IndexFunc(host, notOfAHost) < 0 {
			page = p.to.Number(url)
		} else if bad := p.add(badHost, c.number, &InputError{Line: lines, What: "no host name", Value: string(host), Fix: vertexFix}); bad != nil {
			return lines, bad
		}
		p.all = append(p.all, vertex{uint32(n), page})
	}
	return lines, nil
}

// appendHost appends the front page of a host that is written from right to left.
func appendHost(b, reversed []byte) []byte {
	b = append(b, "http://"...)
	for end := len(reversed); ; {
		dot := bytes.LastIndexByte(reversed[:end], '.')
		b = append(b, reversed[dot+1:end]...)
		if dot < 0 {
			return append(b, '/')
		}
		b = append(b, '.')
		end = dot
	}
}

// notOfAHost reports whether a character stands in no name of a host: one that parts it
// from a port, a user, a path or a query would make another page of it.
func notOfAHost(r rune) bool {
	return r < 0x80 && !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_')
}

// hostLinks reads the edges.
type hostLinks struct {
	tally
	to    Pages
	pages []uint32
}

func (p *hostLinks) parse(c chunk) (lines int64, _ *InputError) {
	return eachPair(c.text, math.MaxUint64, func(line int64, from, to uint64) *InputError {
		source, bad := p.page(from)
		if bad != nil {
			return bad
		}
		target, bad := p.page(to)
		switch {
		case bad != nil:
			return bad
		case source == noPage || target == noPage:
			return p.add(droppedEnd, c.number, &InputError{Line: line, What: "a link from or to a host left out", Value: fmt.Sprintf("%d %d", from, to), Fix: "see there"})
		}
		p.to.AddNumbers(source, target, 0)
		return nil
	})
}

func (p *hostLinks) page(n uint64) (uint32, *InputError) {
	if n >= uint64(len(p.pages)) || p.pages[n] == unknownVertex {
		return 0, &InputError{What: "a number that no vertex has", Value: fmt.Sprint(n), Fix: "give the vertices and edges of the same release, both whole"}
	}
	return p.pages[n], nil
}
