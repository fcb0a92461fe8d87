package pagerank_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"freshrank/pagerank/csr"
)

// readEdges reads lines of two page numbers, without self-loops and duplicates.
func readEdges(t *testing.T, name string) *csr.Graph {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	b, pages := csr.Builder{Dedupe: true}, uint32(0)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		var u, v uint32
		if _, err := fmt.Sscan(lines.Text(), &u, &v); err != nil {
			t.Fatal(err)
		}
		if pages = max(pages, u+1, v+1); u != v {
			b.Add(u, v)
		}
	}
	g, err := b.Build(int(pages))
	if err != nil {
		t.Fatal(err)
	}
	return g
}
