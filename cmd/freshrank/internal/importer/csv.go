package importer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"freshrank/pagerank/link"
)

// CSV reads rows of source URL, target URL and, optionally, the link's rel
// (words separated by spaces). A first row without a URL names the columns:
// source, target and rel, in any order and among others.
func CSV(ctx context.Context, name string, in io.Reader, maxURL int, to Graph, progress func(rows int64)) error {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	r.FieldsPerRecord = -1
	cols := columns{source: 0, target: 1, rel: 2}
	urls := &canonical{max: maxURL, seen: map[string]string{}}
	var rows int64
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return csvError(name, err)
		}
		rows++
		line, _ := r.FieldPos(0)
		if rows == 1 {
			row[0] = strings.TrimPrefix(row[0], "\ufeff")
			if !slices.ContainsFunc(row, func(f string) bool { return strings.Contains(f, "://") }) {
				if cols, err = header(name, row); err != nil {
					return err
				}
				continue
			}
		}
		if err := cols.add(row, urls, to); err != nil {
			err.File, err.Line = name, int64(line)
			return err
		}
		if rows%(1<<14) == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if progress != nil {
				progress(rows)
			}
		}
	}
}

type columns struct{ source, target, rel int } // rel −1: none

func header(name string, row []string) (columns, error) {
	find := func(names ...string) int {
		return slices.IndexFunc(row, func(f string) bool { return slices.Contains(names, strings.ToLower(strings.TrimSpace(f))) })
	}
	c := columns{source: find("source", "from", "src"), target: find("target", "to", "dst", "destination"), rel: find("rel")}
	if c.source < 0 || c.target < 0 {
		return c, &InputError{File: name, Line: 1, What: "neither a link nor a header with the columns source and target", Value: strings.Join(row, ","),
			Fix: "each row holds a source URL and a target URL, such as https://a.example/,https://b.example/"}
	}
	return c, nil
}

func (c columns) add(row []string, urls *canonical, to Graph) *InputError {
	if len(row) <= max(c.source, c.target) {
		return &InputError{What: fmt.Sprintf("%d columns where %d are needed", len(row), max(c.source, c.target)+1), Value: strings.Join(row, ","),
			Fix: "each row holds a source URL and a target URL"}
	}
	source, err := urls.of(row[c.source])
	if err != nil {
		return err
	}
	target, err := urls.of(row[c.target])
	if err != nil {
		return err
	}
	rel := link.Rel(0)
	if c.rel >= 0 && c.rel < len(row) {
		rel = relOf(row[c.rel])
	}
	to.AddLink(source, target, rel)
	return nil
}

// relOf keeps the words of an HTML rel attribute that bear on ranking.
func relOf(attribute string) link.Rel {
	var rel link.Rel
	for _, word := range strings.Fields(attribute) {
		switch strings.ToLower(word) {
		case "nofollow":
			rel |= link.NoFollow
		case "ugc":
			rel |= link.UGC
		case "sponsored":
			rel |= link.Sponsored
		}
	}
	return rel
}

// canonical remembers the canonical form of each URL as written.
type canonical struct {
	max  int
	seen map[string]string
}

func (c *canonical) of(raw string) (string, *InputError) {
	raw = strings.TrimSpace(raw)
	if u, ok := c.seen[raw]; ok {
		return u, nil
	}
	u, err := link.CanonicalURL(raw, c.max)
	if err != nil {
		e := &InputError{What: "not a page's URL", Value: raw, Fix: "write an absolute http or https URL"}
		var invalid *link.InvalidError
		if errors.As(err, &invalid) {
			e.Fix = invalid.Fix
		}
		return "", e
	}
	raw = strings.Clone(raw)
	if u == raw {
		u = raw
	}
	c.seen[raw] = u
	return u, nil
}

func csvError(name string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return &InputError{File: name, Line: int64(parse.Line), What: fmt.Sprintf("not CSV (%v)", parse.Err), Fix: `quote a field that holds a comma or a quote, and double the quotes in it: "a ""b"""`}
	}
	return err
}
