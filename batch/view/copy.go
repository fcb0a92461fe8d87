package view

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"math"
	"sync"

	"github.com/jackc/pgx/v5"

	"freshrank/batch"
)

// copyPages copies the rows of a generation's table, encoded straight into COPY's
// binary format (Postgres manual, COPY, "Binary Format"): through pgx's own
// CopyFrom, which takes each value as an any, the same takes half as long again.
//
// The table was made in this transaction. So where wal_level is minimal nothing of
// this goes into the write-ahead log; and FREEZE writes rows as a vacuum would leave
// them: the first one need not rewrite the table. What it breaks, isolation from
// older snapshots, cannot matter: they do not know the table.
func copyPages(ctx context.Context, tx pgx.Tx, table string, p *batch.Publication, progress func(rows int)) error {
	next, stop := iter.Pull(encoded(p.Pages, progress))
	r := &chunkReader{next: next}
	defer r.close(stop)
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, r,
		"COPY "+table+" (page, x, host, status, target, url) FROM STDIN (FORMAT binary, FREEZE)")
	if err == nil && tag.RowsAffected() != int64(p.Rows) {
		err = fmt.Errorf("%d rows arrived of %d", tag.RowsAffected(), p.Rows)
	}
	return err
}

// chunk is how many bytes of rows are encoded at a time.
const chunk = 64 << 10

// encoded yields the rows in chunks, each valid until the next.
func encoded(pages iter.Seq[batch.Page], progress func(rows int)) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		b := append(make([]byte, 0, chunk+chunk/4), "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"...) // no flags, no extension
		rows := 0
		for page := range pages {
			b = appendPage(b, &page)
			rows++
			if len(b) >= chunk {
				progress(rows)
				if !yield(b) {
					return
				}
				b = b[:0]
			}
		}
		progress(rows)
		yield(append(b, 0xff, 0xff))
	}
}

// appendPage appends one row: the number of fields, then each with its length in
// front, or −1 for a null.
func appendPage(b []byte, p *batch.Page) []byte {
	b = append(b, 0, 6)
	b = field(b, p.Key[:])
	if p.HasX {
		b = binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), math.Float64bits(p.X))
	} else {
		b = append(b, null...)
	}
	b = binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 4), uint32(int32(p.Host)))
	b = field(b, p.Status)
	if p.Alias {
		b = field(b, p.Target[:])
	} else {
		b = append(b, null...)
	}
	return field(b, p.URL)
}

const null = "\xff\xff\xff\xff"

func field[T string | []byte](b []byte, value T) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(value))), value...)
}

// chunkReader is the chunks one after the other. CopyFrom reads in a goroutine of its
// own, and does not wait for that if the connection breaks: whoever closes may meet a
// Read, and another may follow.
type chunkReader struct {
	mu     sync.Mutex
	next   func() ([]byte, bool)
	rest   []byte
	closed bool
}

// close calls stop once nothing is being read, and lets nothing be read any more.
func (r *chunkReader) close(stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	stop()
}

func (r *chunkReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return 0, io.ErrClosedPipe
	}
	if len(r.rest) == 0 {
		var ok bool
		if r.rest, ok = r.next(); !ok {
			return 0, io.EOF
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
