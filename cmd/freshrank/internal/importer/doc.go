// Package importer reads link graphs from other people's files into the parts of a
// [linkgraph.Builder]: edge lists ([EdgeList]), rows of URLs ([CSV], [TSV],
// [Parquet]) and Common Crawl's web graphs ([CommonCrawl]), text plain or gzip ([Open]
// tells by the first bytes). [Numbers] reads an edge list without making URLs of its
// numbers, for ranking offline. [WAT] turns the pages of a crawl into events.
//
// Text is unpacked on one goroutine, which cuts it into chunks of whole lines, and
// parsed on one for each processor (chunkReader). Neither chunks nor goroutines leave
// a trace in the graph, in the counts or in the error.
//
// A reader stops at the first thing that it cannot take and says where it
// stands, what it is and what to do ([InputError]): half a graph is worse than
// none. A URL that no page can have is not such a thing: real pages are full of them.
// Its link is left out and counted by reason, with an example ([Report]), unless
// [Options] are strict.
package importer

import (
	"cmp"
	"fmt"
)

// InputError is a fault of the input.
type InputError struct {
	File  string
	Line  int64  // 0: of the file as a whole
	Unit  string // what Line counts if not lines
	What  string
	Value string // what stands there; "" if nothing does
	Fix   string
}

// MarshalText returns the message: that is how the error stands in JSON.
func (e InputError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

func (e InputError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s, %s %d", e.File, cmp.Or(e.Unit, "line"), e.Line)
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
