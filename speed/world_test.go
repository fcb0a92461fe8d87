package speed_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/pageranktest"
	"freshrank/speed"
	"freshrank/speed/feed"
	"freshrank/speed/view"
)

func TestMain(m *testing.M) { migrationstest.Main(m) }

const (
	damping    = 0.85
	partitions = 3
)

// world is a log, a database and what a batch layer would have done to them.
type world struct {
	t       *testing.T
	db      *migrationstest.DB
	brokers []string
	topic   string
	dead    string // topic
	client  *kafka.Client

	events []link.Event // all that were produced and are well-formed
	end    link.Offsets
	loader *loader
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, db: migrationstest.Schema(t), brokers: migrationstest.Brokers(t), end: make(link.Offsets, partitions)}
	w.topic, w.dead = migrationstest.Topic(t, w.brokers, partitions), migrationstest.Topic(t, w.brokers, 1)
	transport := &kafka.Transport{MetadataTopics: []string{w.topic, w.dead}}
	t.Cleanup(transport.CloseIdleConnections)
	w.client = &kafka.Client{Addr: kafka.TCP(w.brokers...), Transport: transport}
	w.loader = &loader{of: map[int64]generation{}}
	return w
}

// produce appends events to the log, by page, and returns when it has them.
func (w *world) produce(events ...link.Event) {
	w.t.Helper()
	var values [partitions][][]byte
	for i := range events {
		value, err := link.Encode(&events[i])
		if err != nil {
			w.t.Fatal(err)
		}
		key := link.KeyOf(events[i].URL)
		p := int(key[0]) % partitions
		values[p] = append(values[p], value)
	}
	for p, list := range values {
		for part := range slices.Chunk(list, 1000) {
			w.produceRaw(p, part...)
		}
	}
	w.events = append(w.events, events...)
}

func (w *world) produceRaw(partition int, values ...[]byte) {
	w.t.Helper()
	records := make([]kafka.Record, len(values))
	for i, v := range values {
		records[i] = kafka.Record{Time: time.Now(), Value: kafka.NewBytes(v)}
	}
	res, err := w.client.Produce(w.t.Context(), &kafka.ProduceRequest{
		Topic: w.topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err = errors.Join(err, errOf(res)); err != nil {
		w.t.Fatal(err)
	}
	w.end[partition] += int64(len(values))
}

func errOf(res *kafka.ProduceResponse) error {
	if res == nil {
		return nil
	}
	return res.Error
}

// generation is what a batch run leaves behind.
type generation struct {
	graph       *linkgraph.Graph
	x, residual []float64
	cut         link.Offsets
}

// loader implements speed.Loader in memory.
type loader struct {
	mu     sync.Mutex
	of     map[int64]generation
	loads  int
	before func(number int64, g *generation) error // may spoil a load
}

func (l *loader) Load(_ context.Context, number int64) (*linkgraph.Graph, []float64, []float64, link.Offsets, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, ok := l.of[number]
	if !ok {
		return nil, nil, nil, nil, fmt.Errorf("generation %d does not exist", number)
	}
	l.loads++
	if l.before != nil {
		if err := l.before(number, &g); err != nil {
			return nil, nil, nil, nil, err
		}
	}
	return g.graph, g.x, g.residual, g.cut, nil
}

func (l *loader) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.loads
}

// publishGeneration does what a batch run over all events so far does.
func (w *world) publishGeneration(number int64) {
	w.t.Helper()
	ctx := w.t.Context()
	o := linkgraph.NewOverlay(nil)
	for i := range w.events {
		o.Apply(&w.events[i])
	}
	g := o.Graph()
	eff := g.Effective(link.DropMarked)
	res, err := pagerank.Rank(ctx, pagerank.Problem{Out: eff.Out, Member: eff.Member}, pagerank.Options{Damping: damping})
	if err != nil {
		w.t.Fatal(err)
	}
	w.loader.mu.Lock()
	w.loader.of[number] = generation{g, res.X, res.Residual, w.end.Clone()}
	w.loader.mu.Unlock()
	c := res.Certificate
	err = pgx.BeginFunc(ctx, w.db.Batch, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			WITH run AS (INSERT INTO batch_run (trigger, state) VALUES ('manual', 'succeeded') RETURNING id)
			INSERT INTO batch_generation (generation, run, as_of, cut, parameters, known_pages, links, sweeps, damping, pages, sum,
			  dangling, plus, minus, epsilon_plus, epsilon_minus, x_max, quantiles)
			SELECT $1, id, $2, $3, '{"rel_policy": "drop-marked"}', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, '{}' FROM run`,
			number, time.Now(), []int64(w.end), g.Pages(), eff.Out.Links(), res.Sweeps, c.Damping, c.Pages, c.Sum,
			c.Dangling, c.Plus, c.Minus, c.EpsilonPlus, c.EpsilonMinus)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO batch_pointer (generation) VALUES ($1)
			ON CONFLICT (only_row) DO UPDATE SET generation = excluded.generation`, number)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `NOTIFY freshrank_generation`)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// layer is a running speed layer.
type layer struct {
	t         *testing.T
	published chan speed.Publication
	metrics   *prometheus.Registry
	stop      func()
}

// parts can be exchanged before a layer starts.
type parts struct {
	feed  feed.Options
	view  speed.View
	speed speed.Options
}

// start runs a speed layer until the test ends or stop is called.
func (w *world) start(change ...func(*parts)) *layer {
	w.t.Helper()
	l := &layer{t: w.t, published: make(chan speed.Publication, 1<<16), metrics: prometheus.NewRegistry()}
	logger := slog.New(slog.DiscardHandler)
	if os.Getenv("FRESHRANK_TEST_LOG") != "" {
		logger = slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	p := parts{
		feed: feed.Options{Brokers: w.brokers, Topic: w.topic, DeadLetterTopic: w.dead, Logger: logger,
			Linger: 5 * time.Millisecond, Probe: 20 * time.Millisecond, Retry: 20 * time.Millisecond},
		view: view.New(view.Options{Pool: w.db.Speed, KeepAlive: 250 * time.Millisecond,
			Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, w.db.SpeedDSN) }}),
		speed: speed.Options{Loader: w.loader, EpsilonMin: 1e-4, Logger: logger, Registerer: l.metrics,
			Heartbeat: 20 * time.Millisecond, Poll: 100 * time.Millisecond, Retry: 20 * time.Millisecond,
			OnPublish: func(p speed.Publication) { l.published <- p }},
	}
	for _, f := range change {
		f(&p)
	}
	f, err := feed.New(p.feed)
	if err != nil {
		w.t.Fatal(err)
	}
	p.speed.Log, p.speed.View = f, p.view
	s, err := speed.New(p.speed)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	l.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
		f.Close()
	})
	w.t.Cleanup(l.stop)
	return l
}

// await returns the first publication from now on for which ok holds.
func (l *layer) await(what string, ok func(speed.Publication) bool) speed.Publication {
	l.t.Helper()
	limit := time.After(20 * time.Second)
	var last speed.Publication
	for {
		select {
		case last = <-l.published:
			if ok(last) {
				return last
			}
		case <-limit:
			l.t.Fatalf("waited in vain for %s; last publication: %+v", what, last.Header)
		}
	}
}

// awaitEnd waits until everything that was produced is published, pushed to the
// least ε.
func (w *world) awaitEnd(l *layer, generation int64) speed.Publication {
	w.t.Helper()
	return l.await("the end of the log", func(p speed.Publication) bool {
		h := p.Header
		return h.Generation == generation && h.Offsets.Covers(w.end) && h.Certificate.Epsilon() <= 1.2e-4
	})
}

// seen is what a reader gets in one snapshot.
type seen struct {
	view, generation, epoch, sequence int64
	offsets                           link.Offsets
	asOf                              time.Time
	certificate                       pagerank.Certificate
	rows                              map[string]row // by URL
}

type row struct {
	status  string
	target  *link.PageKey
	x, base *float64
}

func (w *world) read(ctx context.Context) (s seen, err error) {
	err = pgx.BeginTxFunc(ctx, w.db.Serving, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		c := &s.certificate
		err := tx.QueryRow(ctx, `
			SELECT view, generation, epoch, sequence, offsets, as_of, damping, pages, sum, dangling, plus, minus, epsilon_plus, epsilon_minus, slack
			FROM speed_pointer JOIN speed_view USING (view)`).
			Scan(&s.view, &s.generation, &s.epoch, &s.sequence, (*[]int64)(&s.offsets), &s.asOf,
				&c.Damping, &c.Pages, &c.Sum, &c.Dangling, &c.Plus, &c.Minus, &c.EpsilonPlus, &c.EpsilonMinus, &c.Slack)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT url, status, target, x, base_x FROM speed_rank WHERE view = $1`, s.view)
		if err != nil {
			return err
		}
		s.rows = map[string]row{}
		var url string
		var r row
		var target *[16]byte
		_, err = pgx.ForEachRow(rows, []any{&url, &r.status, &target, &r.x, &r.base}, func() error {
			r.target = (*link.PageKey)(target)
			s.rows[url] = r
			r, target = row{}, nil
			return nil
		})
		return err
	})
	return s, err
}

// check holds what is served against the truth about all events.
func (w *world) check() seen {
	w.t.Helper()
	s, err := w.read(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	truth := pageranktest.Truth(w.events, link.DropMarked, damping)
	if s.certificate.Pages != truth.N {
		w.t.Errorf("%d ranked pages, in truth %d", s.certificate.Pages, truth.N)
	}
	served := w.merge(s)
	for url, want := range truth.Pages {
		got, ok := served[url]
		if !ok {
			got.status = "unknown"
		}
		target := ""
		if got.target != nil {
			target = got.target.String()
		}
		wantTarget := ""
		if want.Target != "" {
			wantTarget = link.KeyOf(want.Target).String()
		}
		if got.status != want.Status || target != wantTarget || (got.x != nil) != want.Member {
			w.t.Errorf("%s: served %q %s, with rank %v; in truth %+v", url, got.status, target, got.x != nil, want)
			continue
		}
		if !want.Member {
			continue
		}
		if lo, hi := s.certificate.RankBounds(*got.x, 1); want.Rank < lo || want.Rank > hi {
			w.t.Errorf("%s: true rank %v outside of [%v, %v]", url, want.Rank, lo, hi)
		}
	}
	return s
}

// merge adds the generation's pages to what the view says.
func (w *world) merge(s seen) map[string]row {
	w.loader.mu.Lock()
	g := w.loader.of[s.generation]
	w.loader.mu.Unlock()
	eff := g.graph.Effective(link.DropMarked)
	served := map[string]row{}
	for p := range link.Page(g.graph.Pages()) {
		r := row{status: eff.Status(g.graph, p).String()}
		if eff.Root[p] != link.NoPage {
			key := g.graph.Key(eff.Root[p])
			r.target = &key
		}
		if eff.Member[p] {
			x := g.x[p] + g.residual[p]
			r.x = &x
		}
		served[g.graph.URL(p)] = r
	}
	for url, r := range s.rows {
		if base := served[url].x; (base == nil) != (r.base == nil) || base != nil && *base != *r.base {
			w.t.Errorf("view %d: %s has base_x %v, generation %d says %v", s.view, url, deref(r.base), s.generation, deref(base))
		}
		served[url] = r
	}
	return served
}

func deref(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}
