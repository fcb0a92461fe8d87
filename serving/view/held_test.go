package view

import (
	"encoding/binary"
	"math"
	"testing"

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
	for i := range n {
		if !h.add(key(i), float64(i+1), i%10 != 0) {
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
	for i := 0; h.add(key(n+i), 1, true); i++ {
		if i > 64 {
			t.Fatal("it takes in more rows than it has room for")
		}
	}
	if _, ok := h.find(link.KeyOf("nobody")); !ok { // a full table has no place to end a search at
		t.Error("not found")
	}
	h = newHeld(1)
	h.add(key(1), 0, true) // no x
	h.add(key(2), math.Inf(-1), true)
	for i := 1; i <= 2; i++ {
		if _, ok := h.find(key(i)); ok {
			t.Errorf("row %d without an x is answered from memory", i)
		}
	}
}
