package view

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"

	"github.com/jackc/pgx/v5/pgtype"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// held is a generation's ranks in memory, from which most pages are answered: only
// the overlay is asked for in SQL then. It holds every row of the generation's
// table, so that a page without an entry is one that the generation does not know.
// What more there is to a page than its x, an alias's target or that it is gone, it
// leaves to SQL ([pagesSQL]).
//
// It is a hash table with open addressing, of entries without pointers. Nobody reads
// it before it is complete, and nobody writes to it from then on.
type held struct {
	entries []entry
	seed    [2]uint64 // keys come from strangers: who knew it could have many fall on one place
	rows    int
	ranks   int // rows with an x
}

// entry is a row: empty if x is 0, which no row has.
type entry struct {
	key link.PageKey
	x   float64 // NaN: ask SQL
}

const entryBytes = 24

// heldBytes is what a generation of so many rows takes: three quarters of the
// entries are used.
func heldBytes(rows int64) int64 { return heldEntries(rows) * entryBytes }

func heldEntries(rows int64) int64 { return rows + rows/3 + 8 }

func newHeld(rows int64) *held {
	return &held{entries: make([]entry, heldEntries(rows)), seed: [2]uint64{rand.Uint64(), rand.Uint64()}}
}

// place returns the entry of a key, or the empty one where it belongs.
func (h *held) place(key link.PageKey) *entry {
	high, low := bits.Mul64(binary.LittleEndian.Uint64(key[:8])^h.seed[0], binary.LittleEndian.Uint64(key[8:])^h.seed[1])
	at, _ := bits.Mul64(high^low, uint64(len(h.entries)))
	for {
		if e := &h.entries[at]; e.x == 0 || e.key == key {
			return e
		}
		if at++; at == uint64(len(h.entries)) {
			at = 0
		}
	}
}

// add takes in a row; x holds if there is one. It returns false if there is no room:
// some entries stay empty, at which a search ends.
func (h *held) add(key link.PageKey, x float64, plain bool) bool {
	if h.rows+h.rows/3+8 > len(h.entries) {
		return false
	}
	if !plain || !(x > 0) {
		x = math.NaN()
	}
	*h.place(key) = entry{key, x}
	h.rows++
	return true
}

// find returns x of a page that has a rank of its own, 0 of one that the generation
// does not know, and false of one that SQL must be asked about.
func (h *held) find(key link.PageKey) (x float64, ok bool) {
	x = h.place(key).x
	return x, x == x
}

// pages answers for keys what the generation says, as far as it is known here, and
// splits them into those, of which the overlay must still be asked, and all others.
// Nothing is known of any if there is no h.
func (h *held) pages(keys []link.PageKey) (pages []serving.Page, known, others pgtype.FlatArray[pgtype.UUID]) {
	pages = make([]serving.Page, len(keys))
	known, others = make(pgtype.FlatArray[pgtype.UUID], 0, len(keys)), pgtype.FlatArray[pgtype.UUID]{}
	for i, key := range keys {
		id := pgtype.UUID{Bytes: key, Valid: true}
		if h != nil {
			if x, ok := h.find(key); ok {
				pages[i] = serving.Page{Key: key, Status: serving.Unknown, X: x, BaseX: x, Ranked: x != 0}
				if x != 0 {
					pages[i].Status = serving.Ranked
				}
				known = append(known, id)
				continue
			}
		}
		others = append(others, id)
	}
	return pages, known, others
}
