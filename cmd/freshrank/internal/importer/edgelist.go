package importer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"freshrank/pagerank/link"
)

// Graph is what readers fill; a [linkgraph.Builder] is one. URLs are canonical.
type Graph interface {
	AddLink(source, target string, rel link.Rel)
}

// maxLine is the longest line taken, in bytes.
const maxLine = 1 << 20

// EdgeList reads text with one link a line, "from to", two numbers separated by
// spaces or a tab, as the Stanford network collection has it; lines that begin
// with # and empty lines are skipped. Page number n becomes http://PREFIX/n.
// progress, if set, is called now and then with the number of lines.
func EdgeList(ctx context.Context, name string, in io.Reader, prefix string, maxURL int, to Graph, progress func(lines int64)) error {
	base := "http://" + strings.TrimSuffix(prefix, "/") + "/"
	if c, err := link.CanonicalURL(base+"0", maxURL); err != nil || c != base+"0" {
		return &InputError{File: "--prefix", What: "not a host name with an optional path", Value: prefix, Fix: "write it in lower case, such as example.org or example.org/pages"}
	}
	urls := make(map[uint64]string)
	url := func(id uint64) string {
		u, ok := urls[id]
		if !ok {
			u = base + strconv.FormatUint(id, 10)
			urls[id] = u
		}
		return u
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	var n int64
	for lines.Scan() {
		n++
		if n%(1<<16) == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			if progress != nil {
				progress(n)
			}
		}
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		from, to1, err := pair(line)
		if err != nil {
			err.File, err.Line = name, n
			return err
		}
		to.AddLink(url(from), url(to1), 0)
	}
	return lineError(name, n, lines.Err())
}

// errLongLine is the error of a line longer than maxLine.
var errLongLine = bufio.ErrTooLong

// lineError turns a scanner's error into one about the input.
func lineError(name string, lines int64, err error) error {
	if errors.Is(err, errLongLine) {
		return &InputError{File: name, Line: lines + 1, What: fmt.Sprintf("longer than %d bytes", maxLine), Fix: "is this an edge list? Each line holds two page numbers"}
	}
	return err
}

func pair(line []byte) (from, to uint64, _ *InputError) {
	const fix = "each line holds two page numbers such as `12 345`; comments begin with #"
	i := bytes.IndexAny(line, " \t")
	if i < 0 {
		return 0, 0, &InputError{What: "one value instead of two page numbers", Value: string(line), Fix: fix}
	}
	first, rest := line[:i], bytes.TrimLeft(line[i:], " \t")
	if j := bytes.IndexAny(rest, " \t"); j >= 0 {
		return 0, 0, &InputError{What: "more than two values", Value: string(line), Fix: fix}
	}
	from, ok := number(first)
	if !ok {
		return 0, 0, &InputError{What: "not a page number", Value: string(first), Fix: fix}
	}
	to, ok = number(rest)
	if !ok {
		return 0, 0, &InputError{What: "not a page number", Value: string(rest), Fix: fix}
	}
	return from, to, nil
}

func number(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 19 { // 19 digits always fit
		return 0, false
	}
	var n uint64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + uint64(c-'0')
	}
	return n, true
}
