package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// numbered collects links from several goroutines.
type numbered struct {
	mu    sync.Mutex
	links []string
}

func (n *numbered) Add(source, target uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links = append(n.links, fmt.Sprintf("http://e.example/%d http://e.example/%d", source, target))
}

// TestNumbersAgainstEdgeList: both readers see the same links, or the same fault.
func TestNumbersAgainstEdgeList(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for i := range 60 {
		var in strings.Builder
		lines := rng.IntN(60)
		if i%20 == 0 {
			lines = 100_000 // several chunks
		}
		for range lines {
			switch k := rng.IntN(200); {
			case k == 0:
				in.WriteString("# comment\n")
			case k == 1:
				in.WriteString(" \t\r\n")
			case k == 2:
				in.WriteString("  007\t \t8  \r\n")
			case k == 3 && rng.IntN(max(1, lines/40)) == 0:
				in.WriteString([]string{"1\n", "1 x\n", "1 2 3\n", "-1 2\n", "1,2\n"}[rng.IntN(5)])
			default:
				fmt.Fprintf(&in, "%d %d\n", rng.Uint32N(1<<rng.IntN(32)), 1<<31+rng.Uint32N(1000))
			}
		}
		if rng.IntN(2) == 0 {
			in.WriteString("5 6") // no line end
		}
		var got numbered
		var want web
		self, err := Numbers(t.Context(), "web.txt", strings.NewReader(in.String()), func() Links { return &got }, nil)
		_, wantErr := EdgeList(t.Context(), "web.txt", strings.NewReader(in.String()), "e.example", lax, want.start)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if err != nil {
			continue
		}
		slices.Sort(got.links)
		if self != 0 || !slices.Equal(got.links, want.sorted()) {
			t.Fatalf("%d links and %d self-loops, want %d", len(got.links), self, len(want.links))
		}
	}
}

func TestNumbersFaults(t *testing.T) {
	for in, want := range map[string]string{
		"1 2\n3 4294967296\n":                     `web.txt, line 2: page number that needs more than 32 bits "4294967296"`,
		"1 2\n" + strings.Repeat("9", maxLine+10): "line 2: longer than",
		"1 2\n3 99999999999999999999\n":           `line 2: not a page number "99999999999999999999"`,
	} {
		_, err := Numbers(t.Context(), "web.txt", strings.NewReader(in), func() Links { return &numbered{} }, nil)
		var bad *InputError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	var got numbered
	if self, err := Numbers(t.Context(), "", strings.NewReader("1 1\n4294967295 0\n2 2\n"), func() Links { return &got }, nil); err != nil || self != 2 || len(got.links) != 3 {
		t.Errorf("%d self-loops, links %v, error %v", self, got.links, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Numbers(ctx, "", strings.NewReader("1 2\n"), func() Links { return &got }, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: error %v", err)
	}
	broken := errors.New("broken")
	if _, err := Numbers(t.Context(), "", io.MultiReader(strings.NewReader("1 2\n"), errReader{broken}), func() Links { return &got }, nil); !errors.Is(err, broken) {
		t.Errorf("broken reader: error %v", err)
	}
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }
