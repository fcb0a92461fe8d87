// Package importer reads link graphs from other people's files into a
// [linkgraph.Builder]: edge lists ([EdgeList]) and CSV ([CSV]), plain or gzip
// ([Open] tells by the first bytes). [Numbers] reads an edge list without making
// URLs of its numbers, in parallel, for ranking offline.
//
// A reader stops at the first thing that it cannot take and says where it
// stands, what it is and what to do ([InputError]): half a graph is worse than
// none.
package importer

import "fmt"

// InputError is a fault of the input.
type InputError struct {
	File  string
	Line  int64 // 0: of the file as a whole
	What  string
	Value string // what stands there; "" if nothing does
	Fix   string
}

func (e *InputError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s, line %d", e.File, e.Line)
	}
	value := ""
	if e.Value != "" {
		value = fmt.Sprintf(" %q", clip(e.Value))
	}
	return fmt.Sprintf("%s: %s%s: %s", where, e.What, value, e.Fix)
}

// maxShown is the length in bytes to which values are cut.
const maxShown = 200

func clip(s string) string {
	if len(s) > maxShown {
		return s[:maxShown] + "…"
	}
	return s
}
