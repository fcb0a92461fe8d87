// Package graphs gets the graph that a command is to rank, as numbers, without a
// data folder: from a file, from a data folder's newest generation, or made up.
package graphs

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Spec is a graph as it stands on the command line: a made-up one, with two sizes, or
// a file or data folder.
type Spec struct {
	Kind string // kron, uniform, web, web-shuffled; "" for a path
	A, B int    // scale and degree, or pages and links
	Path string
}

// The made-up graphs, and what their two sizes are.
var kinds = map[string][2]string{
	"kron": {"SCALE", "DEGREE"}, "uniform": {"SCALE", "DEGREE"},
	"web": {"PAGES", "LINKS"}, "web-shuffled": {"PAGES", "LINKS"},
}

// ParseSpec reads kron:SCALE:DEGREE, uniform:SCALE:DEGREE, web:PAGES:LINKS,
// web-shuffled:PAGES:LINKS or a path.
func ParseSpec(s string) (Spec, error) {
	kind, rest, _ := strings.Cut(s, ":")
	sizes, ok := kinds[kind]
	if !ok {
		return Spec{Path: s}, nil
	}
	fault := func(why string) (Spec, error) {
		return Spec{}, fmt.Errorf("graph %s: %s; write %s:%s:%s, such as %s", s, why, kind, sizes[0], sizes[1], example(kind))
	}
	first, second, _ := strings.Cut(rest, ":")
	a, err := ParseSize(first)
	if err != nil {
		return fault(err.Error())
	}
	b, err := ParseSize(second)
	if err != nil {
		return fault(err.Error())
	}
	scaled := sizes[0] == "SCALE"
	switch {
	case scaled && (a < 1 || a > 30):
		return fault("the scale must be between 1 and 30")
	case scaled && b > 1<<12:
		return fault("the degree must be at most 4096")
	case !scaled && (a < 2 || a >= math.MaxUint32):
		return fault("a web has from 2 to 4,294,967,294 pages")
	case !scaled && b > 1<<40:
		return fault("so many links fit no machine")
	}
	return Spec{Kind: kind, A: a, B: b}, nil
}

func example(kind string) string {
	if kinds[kind][0] == "SCALE" {
		return kind + ":20:16"
	}
	return kind + ":1M:10M"
}

// Size is a positive number on the command line, written as [ParseSize] reads it.
type Size int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (s *Size) UnmarshalText(text []byte) error {
	n, err := ParseSize(string(text))
	*s = Size(n)
	return err
}

// ParseSize reads a positive number that may end in k, M or G, for thousands, millions
// and thousands of millions: 300k, 2.5M.
func ParseSize(s string) (int, error) {
	factor, digits := 1.0, s
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 'k', 'K':
			factor, digits = 1e3, s[:n-1]
		case 'M', 'm':
			factor, digits = 1e6, s[:n-1]
		case 'G', 'g':
			factor, digits = 1e9, s[:n-1]
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	v = math.Round(v * factor)
	if err != nil || !(v >= 1 && v <= 1<<52) {
		return 0, fmt.Errorf("%q is not a positive number such as 300k or 10M", s)
	}
	return int(v), nil
}
