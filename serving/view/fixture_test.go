package view_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank/link"
	"freshrank/serving/view"
)

func TestMain(m *testing.M) { migrationstest.Main(m) }

var epoch = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// row is a page as one of the layers stores it.
type row struct {
	url    string
	status string
	target string  // url
	x      float64 // 0: none
	base   float64 // of a speed row; 0: none
}

func (r row) key() [16]byte { return link.KeyOf(r.url) }

func orNull(x float64) *float64 {
	if x == 0 {
		return nil
	}
	return &x
}

func (r row) targetKey() *[16]byte {
	if r.target == "" {
		return nil
	}
	k := [16]byte(link.KeyOf(r.target))
	return &k
}

// layers writes what the batch and the speed layer would, with their roles.
type layers struct {
	t            testing.TB
	batch, speed *pgxpool.Pool
}

func newLayers(t testing.TB) (*layers, *view.View) {
	db := migrationstest.Schema(t)
	return &layers{t, db.Batch, db.Speed}, view.New(db.Serving, func() time.Time { return epoch.Add(time.Hour) })
}

func exec(t testing.TB, db interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// generation publishes generation g and makes it the active one.
func (l *layers) generation(g int64, cut []int64, rows []row) {
	l.t.Helper()
	l.store(g, cut, rows)
	l.activate(g)
}

func (l *layers) activate(g int64) {
	l.t.Helper()
	exec(l.t, l.batch, "INSERT INTO batch_pointer (generation) VALUES ($1) ON CONFLICT (only_row) DO UPDATE SET generation = $1", g)
}

func (l *layers) store(g int64, cut []int64, rows []row) {
	l.t.Helper()
	exec(l.t, l.batch, fmt.Sprintf(`
		CREATE TABLE batch_rank_%[1]d (page uuid PRIMARY KEY, x double precision, host integer, status text, target uuid, url text);
		CREATE INDEX ON batch_rank_%[1]d (x DESC, page) WHERE x IS NOT NULL;
		CREATE INDEX ON batch_rank_%[1]d (host, x DESC, page) WHERE x IS NOT NULL;
		CREATE TABLE batch_host_%[1]d (host text PRIMARY KEY, number integer, domain text, pages bigint, x double precision);
		CREATE TABLE batch_domain_%[1]d (domain text PRIMARY KEY, pages bigint, x double precision);
		GRANT SELECT ON batch_rank_%[1]d, batch_host_%[1]d, batch_domain_%[1]d TO freshrank_serving`, g))
	var sum, greatest float64
	var xs []float64
	numbers := map[string]int{}
	for _, r := range rows {
		host := link.HostOf(r.url)
		if _, ok := numbers[host]; !ok {
			numbers[host] = len(numbers)
		}
		exec(l.t, l.batch, fmt.Sprintf("INSERT INTO batch_rank_%d (page, x, host, status, target, url) VALUES ($1, $2, $3, $4, $5, $6)", g),
			r.key(), orNull(r.x), numbers[host], r.status, r.targetKey(), r.url)
		if r.x > 0 {
			sum, greatest, xs = sum+r.x, max(greatest, r.x), append(xs, r.x)
		}
	}
	for host, number := range numbers {
		exec(l.t, l.batch, fmt.Sprintf(`INSERT INTO batch_host_%[1]d (host, number, domain, pages, x)
			SELECT $1, $2, $3, count(x), sum(x) FROM batch_rank_%[1]d WHERE host = $2 HAVING count(x) > 0`, g), host, number, link.DomainOf(host))
	}
	exec(l.t, l.batch, fmt.Sprintf(`INSERT INTO batch_domain_%[1]d SELECT domain, sum(pages), sum(x) FROM batch_host_%[1]d GROUP BY domain`, g))
	slices.Sort(xs)
	exec(l.t, l.batch, `
		WITH run AS (INSERT INTO batch_run (trigger, state) VALUES ('cron', 'succeeded') RETURNING id)
		INSERT INTO batch_generation (generation, run, as_of, cut, parameters, known_pages, links, sweeps, damping, pages,
			sum, dangling, plus, minus, epsilon_plus, epsilon_minus, x_max, quantiles)
		SELECT $1, run.id, $2, $3, '{"rel_policy": "drop-marked"}', $4, 10, 7, 0.85, $5, $6, 0, 0, 0, 0, 0, $7, $8 FROM run`,
		g, epoch, cut, len(rows), len(xs), sum, greatest, xs)
}

// drop removes a generation's tables, as retention does.
func (l *layers) drop(g int64) {
	l.t.Helper()
	exec(l.t, l.batch, "UPDATE batch_generation SET retained = false WHERE generation = $1", g)
	exec(l.t, l.batch, fmt.Sprintf("DROP TABLE batch_rank_%[1]d, batch_host_%[1]d, batch_domain_%[1]d", g))
}

// view publishes a speed view over generation g and moves the pointer to it.
func (l *layers) view(g int64, offsets []int64, sum float64, rows []row) (number int64) {
	l.t.Helper()
	ctx := context.Background()
	tx, err := l.speed.Begin(ctx)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	check := func(err error) {
		l.t.Helper()
		if err != nil {
			l.t.Fatal(err)
		}
	}
	check(tx.QueryRow(ctx, `
		INSERT INTO speed_view (generation, epoch, sequence, offsets, end_offsets, as_of, events, dead_letters, epsilon_target, links,
			damping, pages, sum, dangling, plus, minus, epsilon_plus, epsilon_minus, slack, x_max)
		VALUES ($1, 1, 5, $2, $3, $4, 3, 1, 0.01, 12, 0.85, 100, $5, 0, 0, 0, 0.01, 0.02, 0.001, 9) RETURNING view`,
		g, offsets, []int64{20, 20}, epoch.Add(time.Minute), sum).Scan(&number))
	for _, r := range rows {
		host := link.HostOf(r.url)
		_, err := tx.Exec(ctx, "INSERT INTO speed_rank VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			number, r.key(), r.url, host, link.DomainOf(host), r.status, r.targetKey(), orNull(r.x), orNull(r.base))
		check(err)
	}
	_, err = tx.Exec(ctx, "INSERT INTO speed_pointer (view) VALUES ($1) ON CONFLICT (only_row) DO UPDATE SET view = $1", number)
	check(err)
	check(tx.Commit(ctx))
	return number
}
