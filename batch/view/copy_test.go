package view

import (
	"io"
	"testing"
	"testing/iotest"
)

// Where the server allows it, the rows of a generation are not written twice, and a
// vacuum has nothing left to do for them.
func TestPublishSkipsTheWriteAheadLog(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	const pages = 1 << 16 // relations below wal_skip_threshold, 2 MB, are logged all the same
	log := func() (at int64) {
		h.scan(`SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn`, &at)
		return at
	}
	var level string
	h.scan(`SHOW wal_level`, &level)
	run := h.running(l.Epoch()).ID
	before := log()
	if err := h.Publish(ctx, l.Epoch(), publication(1, run, pages), func(float64, int) {}); err != nil {
		t.Fatal(err)
	}
	logged := log() - before
	var bytes, frozen, all int64
	h.scan(`SELECT pg_total_relation_size(oid), relallvisible, relpages FROM pg_class WHERE oid = 'batch_rank_1'::regclass`, &bytes, &frozen, &all)
	// Other tests write meanwhile, but much less.
	if level == "minimal" && logged > bytes/2 {
		t.Errorf("%d bytes of log for %d of tables", logged, bytes)
	}
	if frozen != all {
		t.Errorf("%d pages of %d are frozen", frozen, all)
	}
}

func TestChunksAreReadWhole(t *testing.T) {
	chunks := [][]byte{[]byte("ab"), []byte("c"), []byte("defgh")}
	r := &chunkReader{next: func() ([]byte, bool) {
		if len(chunks) == 0 {
			return nil, false
		}
		c := chunks[0]
		chunks = chunks[1:]
		return c, true
	}}
	if got, err := io.ReadAll(iotest.OneByteReader(r)); err != nil || string(got) != "abcdefgh" {
		t.Errorf("%q, %v", got, err)
	}
	chunks = [][]byte{[]byte("more")}
	r.close(func() {})
	if n, err := r.Read(make([]byte, 8)); n != 0 || err == nil {
		t.Errorf("%d bytes are read after the end, %v", n, err)
	}
}
