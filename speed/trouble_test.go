package speed_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"freshrank/pagerank/pageranktest"
	"freshrank/speed"
)

// deadLetters waits for n dead letters and returns their headers, with the value
// as "value".
func (w *world) deadLetters(n int) []map[string]string {
	w.t.Helper()
	var all []map[string]string
	ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
	defer cancel()
	for len(all) < n {
		res, err := w.client.Fetch(ctx, &kafka.FetchRequest{Topic: w.dead, Offset: int64(len(all)), MinBytes: 1, MaxBytes: 1 << 20, MaxWait: 100 * time.Millisecond})
		if err != nil {
			w.t.Fatalf("waiting for %d dead letters, have %d: %v", n, len(all), err)
		}
		for {
			r, err := res.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				w.t.Fatal(err)
			}
			value, _ := protocol.ReadAll(r.Value)
			letter := map[string]string{"value": string(value)}
			for _, h := range r.Headers {
				letter[h.Key] = string(h.Value)
			}
			all = append(all, letter)
		}
	}
	return all
}

func TestDeadLetters(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(8, 8)), 200, 40)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	l := w.start()
	l.await("the first view", func(speed.Publication) bool { return true })

	at := w.end.Clone()
	w.produceRaw(0, []byte("{not json"))
	w.produceRaw(0, nil)
	w.produceRaw(1, []byte(`{"specversion":"1.0","id":"1","source":"s","type":"freshrank.page.crawled","time":"2025-03-01T00:00:00Z","data":{"url":"ftp://a.example/","links":[]}}`))
	w.produce(events[100:150]...)
	p := w.awaitEnd(l, 1)
	w.check()
	if p.Header.DeadLetters != 3 || p.Header.Events != 50 {
		t.Errorf("header counts %d dead letters and %d events", p.Header.DeadLetters, p.Header.Events)
	}
	letters := w.deadLetters(3)
	if len(letters) != 3 {
		t.Fatalf("%d dead letters: %v", len(letters), letters)
	}
	slices.SortFunc(letters, func(a, b map[string]string) int {
		return strings.Compare(a["partition"]+" "+a["offset"], b["partition"]+" "+b["offset"])
	})
	for i, want := range []struct {
		partition int
		offset    int64
		field     string
		value     string
	}{{0, at[0], "event", "{not json"}, {0, at[0] + 1, "event", ""}, {1, at[1], "data.url", "ftp://a.example/"}} {
		got := letters[i]
		if got["partition"] != fmt.Sprint(want.partition) || got["offset"] != fmt.Sprint(want.offset) ||
			got["field"] != want.field || !strings.Contains(got["value"], want.value) || got["reason"] == "" {
			t.Errorf("dead letter %v, want %+v", got, want)
		}
	}

	// After a restart they are read again, but not set aside again.
	l.stop()
	l = w.start()
	w.produce(events[150:]...)
	w.awaitEnd(l, 1)
	w.check()
	w.produceRaw(2, []byte("last"))
	w.awaitEnd(l, 1)
	if letters := w.deadLetters(4); len(letters) != 4 || letters[3]["value"] != "last" {
		t.Errorf("dead letters after a restart: %v", letters)
	}
}

// brittle is a view that can be cut off.
type brittle struct {
	speed.View
	mu     sync.Mutex
	down   error
	leases []*brittleLease
	zombie bool // leases are never noticed to be lost
}

type brittleLease struct {
	speed.Lease
	lost chan struct{}
}

func (l *brittleLease) Lost() <-chan struct{} { return l.lost }

func (b *brittle) fault() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.down
}

// cut makes everything fail from now on, and the lease be lost; nil ends that.
func (b *brittle) cut(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = err
	for _, l := range b.leases {
		close(l.lost)
	}
	b.leases = nil
}

func (b *brittle) TryAcquire(ctx context.Context) (speed.Lease, bool, error) {
	if err := b.fault(); err != nil {
		return nil, false, err
	}
	inner, ok, err := b.View.TryAcquire(ctx)
	if !ok || err != nil {
		return nil, ok, err
	}
	l := &brittleLease{inner, make(chan struct{})}
	if !b.zombie {
		b.mu.Lock()
		b.leases = append(b.leases, l)
		b.mu.Unlock()
	}
	return l, true, nil
}

func (b *brittle) Active(ctx context.Context) (speed.Generation, bool, error) {
	if err := b.fault(); err != nil {
		return speed.Generation{}, false, err
	}
	return b.View.Active(ctx)
}

func (b *brittle) Current(ctx context.Context) (speed.Current, bool, error) {
	if err := b.fault(); err != nil {
		return speed.Current{}, false, err
	}
	return b.View.Current(ctx)
}

func (b *brittle) Publish(ctx context.Context, p speed.Publication) error {
	if err := b.fault(); err != nil {
		return err
	}
	return b.View.Publish(ctx, p)
}

// TestPostgresOutage: the state survives in memory, nothing is lost.
func TestPostgresOutage(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(9, 9)), 300, 40)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	var b *brittle
	l := w.start(func(p *parts) {
		b = &brittle{View: p.view}
		p.view = b
	})
	w.produce(events[100:150]...)
	w.awaitEnd(l, 1)
	before := w.check()

	b.cut(errors.New("connection refused"))
	w.produce(events[150:250]...)
	b.cut(nil)
	w.produce(events[250:]...)
	w.awaitEnd(l, 1)
	if after := w.check(); after.view != before.view || after.epoch != before.epoch+1 {
		t.Errorf("view %d with epoch %d became view %d with epoch %d: want the same view, the next epoch", before.view, before.epoch, after.view, after.epoch)
	}
	if n := w.loader.count(); n != 1 {
		t.Errorf("the generation was loaded %d times", n)
	}
}

// TestPublishFails: the lease stays, single transactions fail.
func TestPublishFails(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(10, 10)), 300, 40)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	flaky := &flaky{}
	l := w.start(func(p *parts) {
		flaky.View = p.view
		p.view = flaky
	})
	for i := 100; i < 300; i += 20 {
		w.produce(events[i : i+20]...)
		l.await("progress", func(speed.Publication) bool { return true })
	}
	w.awaitEnd(l, 1)
	w.check()
	l.stop()
	if flaky.calls.Load() < 10 {
		t.Errorf("only %d publications", flaky.calls.Load())
	}
	// What readers could see under one number was one thing.
	for i := 1; i < len(flaky.durable); i++ {
		if flaky.durable[i] <= flaky.durable[i-1] {
			t.Errorf("publication %d came after %d", flaky.durable[i], flaky.durable[i-1])
		}
	}
}

// flaky fails two of three publications: one before, one after it is durable.
type flaky struct {
	speed.View
	calls   atomic.Int64
	durable []int64 // sequence numbers
}

func (f *flaky) Publish(ctx context.Context, p speed.Publication) error {
	switch f.calls.Add(1) % 3 {
	case 0:
		return errors.New("connection refused")
	case 1:
		if err := f.publish(ctx, p); err != nil {
			return err
		}
		return errors.New("connection reset after commit")
	}
	return f.publish(ctx, p)
}

func (f *flaky) publish(ctx context.Context, p speed.Publication) error {
	err := f.View.Publish(ctx, p)
	if err == nil {
		f.durable = append(f.durable, p.Header.Sequence)
	}
	return err
}

// TestFencing: a layer that lost its lock without noticing cannot publish any
// more once another one has taken over.
func TestFencing(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(11, 11)), 300, 40)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	first := w.start(func(p *parts) {
		p.view = &brittle{View: p.view, zombie: true}
		p.speed.Retry = time.Hour // once fenced off it stays away
	})
	w.produce(events[100:150]...)
	old := w.awaitEnd(first, 1)
	if p := first.phase(); p != "follow" {
		t.Errorf("the first is in phase %q", p)
	}

	second := w.start()
	// The lock goes with its connection.
	if _, err := w.db.Owner.Exec(t.Context(), `
		SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
		WHERE l.locktype = 'advisory' AND l.granted
		  AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended($1 || ':speed', 0)`, w.db.Name); err != nil {
		t.Fatal(err)
	}
	w.produce(events[150:]...)
	p := w.awaitEnd(second, 1)
	if p.Epoch != old.Epoch+1 {
		t.Errorf("epoch %d after %d", p.Epoch, old.Epoch)
	}
	if s := w.check(); s.epoch != p.Epoch || s.view != p.View {
		t.Errorf("serving reads view %d of epoch %d, the second layer publishes view %d with %d", s.view, s.epoch, p.View, p.Epoch)
	}
	// It stands by, and knows no more how old the ranks are.
	first.awaitMetric("freshrank_speed_lag_seconds", func(v float64) bool { return v == 0 })
	if p := first.phase(); p != "standby" {
		t.Errorf("the first is in phase %q", p)
	}
	first.stop()
	for len(first.published) > 0 {
		old = <-first.published
	}
	if !p.Header.Offsets.Covers(old.Header.Offsets) {
		t.Errorf("the first got to %v, the second to %v", old.Header.Offsets, p.Header.Offsets)
	}
}

// TestLogOutage: as_of stands still while the log is away, and moves on after.
func TestLogOutage(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(12, 12)), 200, 40)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	line := &line{}
	l := w.start(func(p *parts) { p.feed.Dial = line.dial })
	w.produce(events[100:150]...)
	w.awaitEnd(l, 1)

	line.cut(true)
	w.produce(events[150:]...)
	// What was on its way when the line was cut may still come; then as_of stops.
	var stuck speed.Publication
	repeats := 0
	l.await("as_of to stand still", func(p speed.Publication) bool {
		if p.Header.AsOf.Equal(stuck.Header.AsOf) {
			repeats++
		} else {
			repeats, stuck = 0, p
		}
		return repeats == 10
	})
	line.cut(false)
	w.awaitEnd(l, 1)
	w.check()
	// The records may be here before the end of the log is known again.
	l.await("as_of to move on", func(p speed.Publication) bool { return p.Header.AsOf.After(stuck.Header.AsOf) })
}

// line is a network that can be cut.
type line struct {
	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if l.down {
		conn.Close()
		return nil, errors.New("network is unreachable")
	}
	l.conns = append(l.conns, conn)
	return conn, nil
}

func (l *line) cut(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	if down {
		for _, c := range l.conns {
			c.Close()
		}
		l.conns = nil
	}
}

// TestDrift: numbers that contradict each other are not published; the state is
// made anew.
func TestDrift(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(13, 13)), 200, 40)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	first := true
	w.loader.before = func(_ int64, g *generation) error {
		if first {
			g.residual = slices.Clone(g.residual)
			p := slices.IndexFunc(g.x, func(x float64) bool { return x > 0 })
			g.residual[p] += 0.01
		}
		first = false
		return nil
	}
	w.produce(events[100:]...)
	l := w.start()
	w.awaitEnd(l, 1)
	w.check()
	if n := l.metric("freshrank_speed_rebuilds_total"); n != 1 {
		t.Errorf("%v rebuilds", n)
	}
}

// TestTruncated: what is needed is not in the log. The layer waits for a
// generation that does without.
func TestTruncated(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(14, 14)), 200, 40)
	w.produce(events[:100]...)
	real := w.end.Clone()
	w.end[0] += 1000
	w.publishGeneration(1)
	w.end = real
	l := w.start()
	l.awaitMetric("freshrank_speed_failures_total", func(v float64) bool { return v >= 1 })
	w.produce(events[100:150]...)
	w.publishGeneration(2)
	w.produce(events[150:]...)
	w.awaitEnd(l, 2)
	w.check()
}

// awaitMetric looks until a metric is as it should be: what it tells of has no
// other signal.
func (l *layer) awaitMetric(name string, ok func(float64) bool) {
	l.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !ok(l.metric(name)); <-tick.C {
		if time.Now().After(deadline) {
			l.t.Fatalf("waited in vain for %s, which is %v", name, l.metric(name))
		}
	}
}

// TestGenerationAhead: the layer cannot reach the log, the batch layer could. Its
// generation carries the view past what the layer has applied.
func TestGenerationAhead(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(16, 16)), 300, 40)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	line := &line{}
	l := w.start(func(p *parts) { p.feed.Dial = line.dial })
	w.produce(events[100:150]...)
	before := w.awaitEnd(l, 1)
	line.cut(true)
	w.produce(events[150:250]...)
	w.publishGeneration(2)
	p := l.await("the view on generation 2", func(p speed.Publication) bool { return p.Header.Generation == 2 })
	w.check()
	if !p.Header.AsOf.After(before.Header.AsOf) {
		t.Errorf("as_of %v after %v", p.Header.AsOf, before.Header.AsOf)
	}
	line.cut(false)
	w.produce(events[250:]...)
	p = w.awaitEnd(l, 2)
	w.check()
	if p.Header.Events != 50 {
		t.Errorf("%d events since the cut", p.Header.Events)
	}
}

// TestDeadLettersBelowTheCut: a generation carries the view past records that the
// layer has not read. Whoever goes on from there must still find out which of them
// are dead letters: another process, or the same after it lost its lease.
func TestDeadLettersBelowTheCut(t *testing.T) {
	for _, how := range []string{"restart", "lost lease"} {
		t.Run(how, func(t *testing.T) {
			w := newWorld(t)
			events := pageranktest.RandomEvents(rand.New(rand.NewPCG(17, 17)), 300, 40)
			w.produce(events[:100]...)
			w.publishGeneration(1)
			line, b := &line{}, &brittle{}
			l := w.start(func(p *parts) {
				b.View, p.view = p.view, b
				p.feed.Dial = line.dial
			})
			w.awaitEnd(l, 1)
			line.cut(true)
			w.produceRaw(1, []byte("not seen yet"))
			w.produce(events[100:200]...)
			w.publishGeneration(2)
			l.await("the view on generation 2", func(p speed.Publication) bool { return p.Header.Generation == 2 })
			w.check()

			if how == "restart" {
				l.stop()
				l = w.start()
			} else {
				b.cut(errors.New("connection refused"))
				b.cut(nil)
				line.cut(false)
			}
			w.produce(events[200:]...)
			if p := w.awaitEnd(l, 2); p.Header.DeadLetters != 0 || p.Header.Events != 100 {
				t.Errorf("%d dead letters and %d events since the cut", p.Header.DeadLetters, p.Header.Events)
			}
			w.check()
			w.produceRaw(2, []byte("last"))
			w.awaitEnd(l, 2)
			letters := w.deadLetters(2)
			if len(letters) != 2 || letters[0]["value"] != "not seen yet" || letters[1]["value"] != "last" {
				t.Errorf("dead letters %v", letters)
			}
		})
	}
}

// lateView holds up the first look for a generation after a failure.
type lateView struct {
	speed.View
	failed         func() bool
	once           sync.Once
	asked, publish chan struct{}
}

func (v *lateView) Active(ctx context.Context) (speed.Generation, bool, error) {
	if v.failed() {
		v.once.Do(func() {
			close(v.asked)
			<-v.publish
		})
	}
	return v.View.Active(ctx)
}

// TestTruncatedAndHelpedAtOnce: the generation that helps may appear before the
// layer has begun to wait for it.
func TestTruncatedAndHelpedAtOnce(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(18, 18)), 200, 40)
	w.produce(events[:100]...)
	real := w.end.Clone()
	w.end[0] += 1000
	w.publishGeneration(1)
	w.end = real
	var l *layer
	v := &lateView{asked: make(chan struct{}), publish: make(chan struct{})}
	started := make(chan struct{})
	v.failed = func() bool { <-started; return l.metric("freshrank_speed_failures_total") > 0 }
	l = w.start(func(p *parts) {
		v.View, p.view = p.view, v
		p.speed.Poll = time.Second // 60 of them are more than the test waits
	})
	close(started)
	<-v.asked
	w.publishGeneration(2)
	close(v.publish)
	w.produce(events[100:]...)
	w.awaitEnd(l, 2)
	w.check()
}

// stuckView never ends a publication by itself.
type stuckView struct {
	speed.View
	stuck chan struct{}
}

func (v *stuckView) Publish(ctx context.Context, _ speed.Publication) error {
	close(v.stuck)
	<-ctx.Done()
	return ctx.Err()
}

// TestStopIsNoFailure: what fails because the layer is stopped is not counted.
func TestStopIsNoFailure(t *testing.T) {
	w := newWorld(t)
	w.produce(pageranktest.RandomEvents(rand.New(rand.NewPCG(21, 21)), 50, 20)...)
	w.publishGeneration(1)
	v := &stuckView{stuck: make(chan struct{})}
	l := w.start(func(p *parts) { v.View, p.view = p.view, v })
	<-v.stuck
	l.stop()
	if n := l.metric("freshrank_speed_failures_total"); n != 0 {
		t.Errorf("%v failures", n)
	}
}
