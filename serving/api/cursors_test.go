package api_test

import (
	"encoding/base64"
	"math"
	"testing"

	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/api"
)

// Cursors as a client gets them, for exchanges that begin in the middle.
var (
	runCursor        = api.EncodeRun(serving.RunMark{CreatedAt: now, ID: run2})
	generationCursor = api.EncodeGeneration(7)
)

func topCursor(generation, view int64, host string) string {
	return api.EncodeTop(serving.TopMark{Generation: generation, View: view, X: 1, Key: link.KeyOf("https://b.example/")}, host)
}

// TestCursorBits: a cursor in which any one bit differs is refused.
func TestCursorBits(t *testing.T) {
	raw, err := base64.RawURLEncoding.DecodeString(topCursor(7, 3, "a.example"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		if m, err := api.DecodeTop(base64.RawURLEncoding.EncodeToString(raw), "a.example"); err == nil {
			t.Errorf("bit %d flipped: %+v", i, m)
		}
		raw[i/8] ^= 1 << (i % 8)
	}
}

// FuzzCursor: whatever is taken as a cursor is one that encoding gives again,
// of one list only, and fit for the database.
func FuzzCursor(f *testing.F) {
	f.Add(topCursor(7, 3, ""), "")
	f.Add(topCursor(7, 3, "a.example"), "a.example")
	f.Add(runCursor, "")
	f.Add(generationCursor, "")
	f.Add("", "")
	f.Add("AAAAAAA", "")
	f.Fuzz(func(t *testing.T, cursor, host string) {
		lists := 0
		if m, err := api.DecodeTop(cursor, host); err == nil {
			lists++
			if again := api.EncodeTop(*m, host); again != cursor {
				t.Errorf("top cursor %q is encoded as %q", cursor, again)
			}
			if m.Generation < 0 || m.View < 0 || math.IsNaN(m.X) || math.IsInf(m.X, 0) {
				t.Errorf("top cursor %q gives %+v", cursor, m)
			}
		}
		if m, err := api.DecodeRun(cursor); err == nil {
			lists++
			if again := api.EncodeRun(*m); again != cursor {
				t.Errorf("run cursor %q is encoded as %q", cursor, again)
			}
		}
		if g, err := api.DecodeGeneration(cursor); err == nil {
			lists++
			if again := api.EncodeGeneration(g); again != cursor || g < 1 {
				t.Errorf("generation cursor %q is %d, encoded as %q", cursor, g, again)
			}
		}
		if lists > 1 {
			t.Errorf("cursor %q is taken by %d lists", cursor, lists)
		}
	})
}
