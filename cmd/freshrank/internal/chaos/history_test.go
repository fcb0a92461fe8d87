package chaos

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/pagerank/link"
)

// history is every state that answers were ever made from. A trigger on speed_view
// notes each publication in the transaction that makes it: so the offsets of an answer
// are known exactly from the pair that its ETag names. A new view's first header, which
// nobody reads before it is replaced, is none.
type history struct {
	last        int64
	views       map[pair]published
	generations map[int64]published
}

// pair names a state as ETags do.
type pair struct{ generation, view, sequence int64 }

type published struct {
	offsets link.Offsets // all before is in the ranks
	asOf    time.Time
	at      time.Time // of the publication
}

const noteView = `
CREATE TABLE chaos_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  view bigint, generation bigint, sequence bigint, offsets bigint[], as_of timestamptz, at timestamptz DEFAULT clock_timestamp()
);
CREATE FUNCTION chaos_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO chaos_history (view, generation, sequence, offsets, as_of) VALUES (NEW.view, NEW.generation, NEW.sequence, NEW.offsets, NEW.as_of);
  RETURN NULL;
END $$;
CREATE TRIGGER chaos_note AFTER UPDATE ON speed_view FOR EACH ROW EXECUTE FUNCTION chaos_note();`

func (h *history) install(t *testing.T, dsn string) {
	t.Helper()
	h.views, h.generations = map[pair]published{}, map[int64]published{}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, noteView); err != nil {
		t.Fatal(err)
	}
}

// load takes in what was published meanwhile. What a pair stood for once, it must
// stand for ever.
func (s *stack) loadHistory(t *testing.T, faults *faultList) {
	t.Helper()
	h := &s.history
	s.query(t, `SELECT generation, cut, as_of FROM batch_generation`, func(r pgx.Rows) error {
		var g int64
		var p published
		err := r.Scan(&g, (*[]int64)(&p.offsets), &p.asOf)
		h.generations[g] = p
		return err
	})
	s.query(t, fmt.Sprintf(`SELECT id, generation, view, sequence, offsets, as_of, at FROM chaos_history WHERE id > %d ORDER BY id`, h.last), func(r pgx.Rows) error {
		var at pair
		var p published
		if err := r.Scan(&h.last, &at.generation, &at.view, &at.sequence, (*[]int64)(&p.offsets), &p.asOf, &p.at); err != nil {
			return err
		}
		// The view includes all that its generation does.
		p.offsets = p.offsets.Max(h.generations[at.generation].offsets)
		if old, ok := h.views[at]; ok && (!old.offsets.Equal(p.offsets) || !old.asOf.Equal(p.asOf)) {
			faults.add("%v was published twice: for offsets %v as of %v, then for %v as of %v", at, old.offsets, old.asOf, p.offsets, p.asOf)
		}
		h.views[at] = p
		return nil
	})
}

// find returns the state that an ETag names.
func (h *history) find(at pair) (published, bool) {
	if at.view == 0 {
		p, ok := h.generations[at.generation]
		return p, ok
	}
	p, ok := h.views[at]
	return p, ok
}

// asOf returns whether answers from a state may be as of a moment: its own, or a later one
// that the other layer has claimed for a state of which this one has all.
func (h *history) asOf(at pair, p published, moment time.Time) bool {
	if !moment.After(p.asOf) {
		return moment.Equal(p.asOf)
	}
	if at.view == 0 {
		return claimed(maps.Values(h.views), p, moment)
	}
	return claimed(maps.Values(h.generations), p, moment)
}

func claimed(by iter.Seq[published], p published, moment time.Time) bool {
	for q := range by {
		if q.asOf.Equal(moment) && p.offsets.Covers(q.offsets) {
			return true
		}
	}
	return false
}

// candidates returns the offsets that an answer of a generation as of a moment may be
// of: it does not name its view.
func (h *history) candidates(generation int64, asOf time.Time) (found []link.Offsets) {
	add := func(at pair, p published) {
		for _, known := range found {
			if known.Equal(p.offsets) {
				return
			}
		}
		if h.asOf(at, p, asOf) {
			found = append(found, p.offsets)
		}
	}
	if p, ok := h.generations[generation]; ok {
		add(pair{generation: generation}, p)
	}
	for at, p := range h.views {
		if at.generation == generation {
			add(at, p)
		}
	}
	return found
}
