package view

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"

	"freshrank/pagerank/link"
)

// TestHeld: every row is found, whatever its key, and no other; keys that differ in a
// single bit, or in one half only, are others.
func TestHeld(t *testing.T) {
	const n = 10_000
	h := newHeld(n)
	key := func(i int) (k link.PageKey) {
		if i%3 == 0 {
			return link.KeyOf(string(rune(i)))
		}
		binary.BigEndian.PutUint64(k[8*(i%2):], uint64(i)) // made up to collide
		return k
	}
	x := func(i int) pgtype.Float8 { return pgtype.Float8{Float64: float64(i), Valid: true} }
	for i := range n {
		if !h.add(key(i), x(i+1), i%10 != 0) {
			t.Fatalf("no room for row %d", i)
		}
	}
	for i := range n {
		x, ok := h.find(key(i))
		if ok != (i%10 != 0) || ok && x != float64(i+1) {
			t.Fatalf("row %d: %v, %v", i, x, ok)
		}
		if x, ok := h.find(link.KeyOf([]byte{byte(i), byte(i >> 8), 255})); !ok || x != 0 {
			t.Fatalf("a page that is not there: %v, %v", x, ok)
		}
	}
	if h.rows != n || h.ranks != n || !h.add(key(1), x(7), true) || h.rows != n || h.ranks != n {
		t.Errorf("%d rows, %d ranks", h.rows, h.ranks)
	}
	if h.add(key(n), x(1), true) {
		t.Error("it takes in more rows than it has room for")
	}
	if _, ok := h.find(link.KeyOf("nobody")); !ok { // a full table has no place to end a search at
		t.Error("not found")
	}
	h = newHeld(2)
	h.add(key(1), pgtype.Float8{}, true)
	h.add(key(2), pgtype.Float8{Float64: math.Inf(-1), Valid: true}, true)
	for i := 1; i <= 2; i++ {
		if _, ok := h.find(key(i)); ok {
			t.Errorf("row %d without an x is answered from memory", i)
		}
	}
}

// TestFits: no number of rows that a record may hold is more than is refused.
func TestFits(t *testing.T) {
	for _, c := range []struct {
		rows, most int64
		want       bool
	}{
		{0, heldBytes(0), true}, {3, heldBytes(3), true}, {3, heldBytes(3) - 1, false}, {0, 0, false}, {-1, 1 << 30, false},
		{math.MinInt64, 1 << 30, false}, {math.MaxInt64, 1 << 30, false}, {math.MaxInt64 / 24, math.MaxInt64, false}, {1 << 20, -1, false},
	} {
		if got := fits(c.rows, c.most); got != c.want {
			t.Errorf("%d rows in %d bytes: %v", c.rows, c.most, got)
		}
	}
}
