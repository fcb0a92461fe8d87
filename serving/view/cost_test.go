package view_test

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/view"
)

// recorder keeps the last statement that is sent for one row.
type recorder struct {
	*pgxpool.Pool
	sql  string
	args []any
}

func (r *recorder) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	r.sql, r.args = sql, args
	return r.Pool.QueryRow(ctx, sql, args...)
}

// TestCost: an overlay in which nearly every page has moved a little, whatever
// Postgres' statistics know of it; of one that is only just staged, nothing. No
// question about a few pages may read more than a few rows.
func TestCost(t *testing.T) {
	db := migrationstest.Schema(t)
	l := &layers{t, db.Batch, db.Speed}
	l.generation(1, []int64{1}, []row{{url: a, status: "ranked", x: 1}})
	exec(t, db.Batch, `INSERT INTO batch_rank_1 (page, url, host, status, x)
		SELECT encode(substring(sha256(i::text::bytea) FOR 16), 'hex')::uuid, 'https://h.example/' || i, 1 + i / 100, 'ranked', 2 + i
		FROM generate_series(1, 20000) AS i`)
	exec(t, db.Batch, `INSERT INTO batch_host_1 (host, number, domain, pages, x)
		SELECT 'h' || i || '.example', 1 + i, 'd' || i || '.example', 100, 1 FROM generate_series(0, 200) AS i`)
	exec(t, db.Batch, "UPDATE batch_generation SET known_pages = 20001, pages = 20001")
	exec(t, db.Batch, "ANALYZE batch_rank_1, batch_host_1")
	stage := func() (view int64) {
		view = l.view(1, []int64{1}, 300, nil)
		exec(t, db.Speed, `INSERT INTO speed_rank (view, page, url, host, domain, status, x, base_x)
			SELECT $1, encode(substring(sha256(i::text::bytea) FOR 16), 'hex')::uuid, 'https://h.example/' || i, 'h' || i / 100 || '.example', 'd' || i / 100 || '.example', 'ranked', 2.5 + i, 2 + i
			FROM generate_series(1, 20000) AS i`, view)
		return view
	}
	both := func(t *testing.T, number int64) {
		t.Run("from Postgres", func(t *testing.T) { checkCost(t, db, number, false) })
		t.Run("ranks in memory", func(t *testing.T) { checkCost(t, db, number, true) })
	}
	t.Run("never counted", func(t *testing.T) { both(t, stage()) })
	exec(t, db.Owner, "ANALYZE speed_rank")
	t.Run("the view before was counted", func(t *testing.T) { both(t, stage()) })
	current := stage()
	exec(t, db.Owner, "ANALYZE speed_rank")
	t.Run("counted", func(t *testing.T) { both(t, current) })
}

func checkCost(t *testing.T, db *migrationstest.DB, number int64, held bool) {
	recorded := &recorder{Pool: db.Serving}
	v := view.New(recorded, time.Now)
	if held {
		hold(t, v, 1<<30)
		if err := third(v.Pages(t.Context(), nil)); err != nil {
			t.Fatal(err)
		}
		eventually(t, v, 1)
	}
	var keys []link.PageKey
	for i := range 20 {
		keys = append(keys, link.KeyOf(strconv.Itoa(1+i)))
	}
	deep := &serving.TopMark{Generation: 1, View: number, X: 9000}
	for name, ask := range map[string]func() error{
		"page":              func() error { return third(v.Pages(t.Context(), keys[:1])) },
		"pages":             func() error { return third(v.Pages(t.Context(), keys)) },
		"top":               func() error { return third(v.Top(t.Context(), serving.TopQuery{Limit: 11})) },
		"top, further down": func() error { return third(v.Top(t.Context(), serving.TopQuery{Limit: 11, After: deep})) },
		"top of a host":     func() error { return third(v.Top(t.Context(), serving.TopQuery{Limit: 11, Host: "h7.example"})) },
		"host":              func() error { return third(v.Host(t.Context(), "h7.example")) },
		"domain":            func() error { return third(v.Domain(t.Context(), "d7.example")) },
	} {
		if err := ask(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for mode, plan := range map[string][]string{
			"for these values": explain(t, db.Owner, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) "+recorded.sql, recorded.args...),
			"for any":          generic(t, db.Owner, recorded),
		} {
			for _, line := range plan {
				for _, m := range regexp.MustCompile(`(?:actual rows=|Removed by .*: )(\d+)`).FindAllStringSubmatch(line, -1) {
					if rows, _ := strconv.Atoi(m[1]); rows > 500 {
						t.Errorf("%s, planned %s: %s", name, mode, line)
					}
				}
			}
		}
	}
}

func explain(t *testing.T, db view.DB, sql string, args ...any) []string {
	t.Helper()
	lines, err := db.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(lines, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// generic runs a statement by the plan that it has on serving's connections, which is
// made once for whatever its parameters may be.
func generic(t *testing.T, db *pgxpool.Pool, r *recorder) []string {
	t.Helper()
	conn, err := db.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	exec(t, conn, "SET plan_cache_mode = force_generic_plan")
	defer exec(t, conn, "DEALLOCATE measured")
	defer exec(t, conn, "RESET plan_cache_mode")
	exec(t, conn, "PREPARE measured AS "+r.sql)
	values := make([]string, len(r.args))
	for i, arg := range r.args {
		text, err := conn.Conn().TypeMap().Encode(0, pgx.TextFormatCode, arg, nil)
		if ids, ok := arg.(pgtype.FlatArray[pgtype.UUID]); ok {
			text, err = conn.Conn().TypeMap().Encode(pgtype.UUIDArrayOID, pgx.TextFormatCode, ids, nil)
		} else if key, ok := arg.([16]byte); ok {
			text, err = conn.Conn().TypeMap().Encode(pgtype.UUIDOID, pgx.TextFormatCode, key, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		values[i] = "'" + string(text) + "'"
	}
	return explain(t, conn, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE measured ("+strings.Join(values, ", ")+")")
}
