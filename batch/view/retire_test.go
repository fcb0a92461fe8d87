package view

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestRetire(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	publish := func(g int64) {
		t.Helper()
		r := h.running(l.Epoch())
		if err := h.Publish(ctx, l.Epoch(), publication(g, r.ID, 10), func(float64, int) {}); err != nil {
			t.Fatal(err)
		}
	}
	retire := func(want ...int64) {
		t.Helper()
		kept, err := h.Retire(ctx, 2)
		slices.Sort(kept)
		if err != nil || !slices.Equal(kept, want) {
			t.Errorf("kept %v, %v; want %v", kept, err, want)
		}
	}
	for g := int64(1); g <= 4; g++ {
		publish(g)
	}
	h.exec(`WITH v AS (
		INSERT INTO speed_view (generation, epoch, offsets, end_offsets, as_of, epsilon_target, links,
		  damping, pages, sum, dangling, plus, minus, epsilon_plus, epsilon_minus, slack, x_max)
		VALUES (1, 1, '{}', '{}', now(), 1e-6, 0, 0.85, 1, 1, 0, 0, 0, 0, 0, 0, 1) RETURNING view)
		INSERT INTO speed_pointer (view) SELECT view FROM v`)
	retire(1, 3, 4)
	h.tables(1, 3, 4)

	// A reader in a transaction holds its tables; the rest goes on.
	reader, err := h.db.Serving.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Rollback(context.Background()) }()
	if _, err := reader.Exec(ctx, `SELECT count(*) FROM batch_rank_3`); err != nil {
		t.Fatal(err)
	}
	publish(5)
	publish(6)
	if kept, err := h.Retire(ctx, 2); err == nil || len(kept) != 3 {
		t.Errorf("kept %v, %v; want an error for generation 3", kept, err)
	}
	h.tables(1, 3, 5, 6)
	if err := reader.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	retire(1, 5, 6)
	h.tables(1, 5, 6)

	h.exec(`UPDATE speed_view SET generation = 6`)
	retire(5, 6)
	h.tables(5, 6)
}

// tables checks which generations have their tables, each of them, and that the
// history says the same.
func (h *house) tables(want ...int64) {
	h.t.Helper()
	for what, sql := range map[string]string{
		"tables": `SELECT coalesce(array_agg(g ORDER BY g), '{}') FROM (
			SELECT substring(tablename from '\d+$')::bigint g FROM pg_tables
			WHERE schemaname = current_schema() AND tablename ~ '^batch_(rank|host|domain)_\d+$' GROUP BY 1 HAVING count(*) = 3) t`,
		"history": `SELECT coalesce(array_agg(generation ORDER BY generation), '{}') FROM batch_generation WHERE retained`,
	} {
		var got []int64
		h.scan(sql, &got)
		if !slices.Equal(got, want) {
			h.t.Errorf("%s of %v, want %v", what, got, want)
		}
	}
}

// The speed layer comes to stand on a generation after that was found to be
// dispensable, before it is dropped.
func TestRetireSeesThePointerMove(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	for g := int64(1); g <= 3; g++ {
		r := h.running(l.Epoch())
		if err := h.Publish(ctx, l.Epoch(), publication(g, r.ID, 10), func(float64, int) {}); err != nil {
			t.Fatal(err)
		}
	}
	type retired struct {
		kept []int64
		err  error
	}
	result := make(chan retired, 1)
	err := pgx.BeginFunc(ctx, h.db.Speed, func(tx pgx.Tx) error { // as package speed/view does it
		_, err := tx.Exec(ctx, `
			SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema() || ':generations', 0));
			INSERT INTO speed_view (generation, epoch, offsets, end_offsets, as_of, epsilon_target, links,
			  damping, pages, sum, dangling, plus, minus, epsilon_plus, epsilon_minus, slack, x_max)
			VALUES (1, 1, '{}', '{}', now(), 1e-6, 0, 0.85, 1, 1, 0, 0, 0, 0, 0, 0, 1);
			INSERT INTO speed_pointer (view) SELECT max(view) FROM speed_view`)
		go func() {
			kept, err := h.Retire(ctx, 1)
			result <- retired{kept, err}
		}()
		h.await(`SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
			AND (classid::bigint << 32 | objid::bigint) = hashtextextended('` + h.db.Name + `:generations', 0)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r := <-result
	slices.Sort(r.kept)
	if r.err != nil || !slices.Equal(r.kept, []int64{1, 3}) {
		t.Errorf("kept %v, %v; want 1 and 3", r.kept, r.err)
	}
	h.tables(1, 3)
}
