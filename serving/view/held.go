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

// fits reports whether a generation of so many rows takes no more than so many bytes,
// whatever its record says.
func fits(rows, most int64) bool {
	return rows >= 0 && rows <= most/32 && heldBytes(rows) <= most
}

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

// add takes in a row once, however often it comes. plain says that its x is all there
// is to it. It returns false if there is no room: some entries stay empty, at which a
// search ends.
func (h *held) add(key link.PageKey, x pgtype.Float8, plain bool) bool {
	e := h.place(key)
	if e.x != 0 {
		return true
	}
	if heldEntries(int64(h.rows)+1) > int64(len(h.entries)) {
		return false
	}
	*e = entry{key, math.NaN()}
	if plain && x.Float64 > 0 {
		e.x = x.Float64
	}
	if x.Valid {
		h.ranks++
	}
	h.rows++
	return true
}

// count returns how many pages are held; none if there is no h.
func (h *held) count() int {
	if h == nil {
		return 0
	}
	return h.rows
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
