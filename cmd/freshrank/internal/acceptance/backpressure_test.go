package acceptance

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

// What TestBackpressure offers, in events a second: what the speed layer is made for,
// and ten times that.
const (
	calmRate  = 2_000
	floodRate = 10 * calmRate
)

var flooding = flag.Duration("flood", 0, "how long TestBackpressure floods the API, such as 2m")

// maxLag is how far the answers may trail before the API refuses events.
const maxLag = 3 * time.Second

// TestBackpressure floods the API with ten times the events that the layers are asked to
// follow otherwise, each layer a process of its own. Freshness must hold, accuracy may
// bend; what does not fit is refused with 503 and a Retry-After, and comes again.
func TestBackpressure(t *testing.T) {
	pages, links := scaleSize(t)
	in := newInput(t, pages, links)
	length := time.Duration(count(20, 4)) * time.Second
	if *flooding > 0 {
		length = *flooding
	}
	b := &table{full: length >= 2*time.Minute && pages >= 1_000_000}
	t.Cleanup(func() { fmt.Printf("\n%d pages, %d links asked for\n\n%v\n", pages, links, b) })

	s := newStack(t, in)
	s.imported(t, in.web(t))
	s.startBatch(t).end(t)
	o := &outside{api: s.serve(t, "--max-lag", maxLag.String()).api, pending: map[string]time.Time{}}
	speed := spawn(t, append([]string{"speed"}, s.flags...)...)
	if !within(time.Minute, speed, func() bool { return o.at(1) && o.api.settled() }) {
		t.Fatalf("the speed layer is not ready\n%s", speed.Output)
	}

	idle, status, err := o.api.state()
	if err != nil || status != 200 || idle.Target <= 0 {
		t.Fatalf("GET /v1/status: %d, %v, %+v", status, err, idle)
	}
	f := &flood{outside: o, known: firstPage(t, o), speed: speed}
	f.run(t, s, 1, calmRate, length/4)
	calm := f.seen
	f.run(t, s, 2, floodRate, length)
	f.figures(t, b, calm, f.seen)
	f.recovers(t, b, idle)
	speed.Stop(t)
	b.verify(t, s)
}

func firstPage(t *testing.T, o *outside) string {
	t.Helper()
	var top items[rank]
	if status, err := o.api.get("/v1/top?limit=1", &top); err != nil || status != 200 || len(top.Items) != 1 {
		t.Fatalf("GET /v1/top: %d, %v", status, err)
	}
	return top.Items[0].URL
}

// flood is what clients see while events come at some rate.
type flood struct {
	*outside
	known string
	speed *process
	seen  flooded
}

// flooded are the figures of one stretch.
type flooded struct {
	taken          int // events of the feed
	refused        int // requests that were told to come again
	took           time.Duration
	fresh          []time.Duration
	missing        int
	memory         []int64 // most that the speed layer's process had until then, each second
	epsilon, slack float64 // greatest
}

func (f *flood) run(t *testing.T, s *stack, number int, rate float64, length time.Duration) {
	t.Helper()
	f.seen = flooded{}
	f.fresh, f.began = nil, time.Now()
	stop, stopLooking := make(chan struct{}), make(chan struct{})
	var feeding, looking sync.WaitGroup
	feeding.Go(func() { f.pour(t, s.feed(number, 100_000_000), rate, stop) })
	probe := number * 1_000_000
	feeding.Go(func() { repeat(250*time.Millisecond, stop, func() { f.knock(t, probe); probe++ }) })
	looking.Go(func() { repeat(25*time.Millisecond, stopLooking, func() { f.look(f.known) }) })
	looking.Go(func() { repeat(time.Second, stopLooking, f.watch) })
	time.Sleep(length)
	close(stop)
	feeding.Wait()
	within(time.Minute, f.speed, func() bool { return f.unseen() == 0 })
	close(stopLooking)
	looking.Wait()
	f.seen.missing = f.giveUp()
	f.seen.fresh = f.tookToShow()
	t.Logf("%.0f events/s offered: %d taken, %d requests refused in %s; freshness p99 %s; ε at most %.2g, slack %.2g",
		rate, f.seen.taken, f.seen.refused, seconds(f.seen.took), seconds(quantile(f.seen.fresh, .99)), f.seen.epsilon, f.seen.slack)
}

// knock is probe, but may be refused for now.
func (f *flood) knock(t *testing.T, number int) {
	fresh := fmt.Sprintf("https://probe-%d.example.org/", number)
	event, err := json.Marshal(crawled(fmt.Sprint("probe-", number), fmt.Sprintf("https://probing-%d.example.org/", number), fresh))
	if err != nil {
		t.Error(err)
		return
	}
	began := time.Now()
	again, err := f.offer(event)
	if err != nil {
		t.Error(err)
	}
	if err != nil || again > 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending[fresh] = began
}

// watch notes what the answers state and what the speed layer holds.
func (f *flood) watch() {
	s, status, err := f.api.state()
	if !f.took("status", status, err) {
		return
	}
	f.seen.epsilon, f.seen.slack = max(f.seen.epsilon, s.Bounds.Epsilon), max(f.seen.slack, s.Bounds.Slack)
	f.seen.memory = append(f.seen.memory, f.speed.Peak.Load())
}

// most is how many events a request holds.
const most = 2_000

// pour posts lines of a feed at an even rate, in events a second, until stop is closed.
// A request that is refused for now is sent again when the answer says.
func (f *flood) pour(t *testing.T, feed *exec.Cmd, perSecond float64, stop <-chan struct{}) {
	in, end := lines(t, feed)
	defer end()
	if in == nil {
		return
	}
	began, owed := time.Now(), 0
	defer func() { f.seen.took = time.Since(began) }()
	var notBefore time.Time
	var body []byte
	n := 0
	repeat(20*time.Millisecond, stop, func() {
		for !ended(stop) && time.Now().After(notBefore) {
			if n == 0 {
				n = min(int(perSecond*time.Since(began).Seconds())-owed, most)
				owed, body = owed+n, body[:0]
				for range n {
					line, err := in.ReadSlice('\n')
					if err != nil {
						t.Errorf("%v: %v", feed.Args, err)
						return
					}
					body = append(body, line...)
				}
			}
			if n == 0 {
				return
			}
			again, err := f.offer(body)
			switch {
			case err != nil:
				t.Error(err)
				return
			case again > 0:
				f.seen.refused++
				notBefore = time.Now().Add(again)
			default:
				f.seen.taken += n
				if n < most { // none is owed any more
					n = 0
					return
				}
				n = 0
			}
		}
	})
}

func ended(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

// offer posts events. It returns how long to wait before they are sent again, if they
// were refused for now.
func (f *flood) offer(body []byte) (again time.Duration, err error) {
	resp, err := transport.Post(f.api.base+"/v1/events", "application/x-ndjson", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return 0, err
	case resp.StatusCode == http.StatusAccepted:
		return 0, nil
	case resp.StatusCode != http.StatusServiceUnavailable:
		return 0, fmt.Errorf("POST /v1/events answered %d: %s", resp.StatusCode, text)
	}
	wait, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || wait <= 0 {
		return 0, fmt.Errorf("503 with Retry-After %q: %s", resp.Header.Get("Retry-After"), text)
	}
	return time.Duration(wait) * time.Second, nil
}

// figures are what the flood was like beside the calm before it.
func (f *flood) figures(t *testing.T, b *table, calm, seen flooded) {
	t.Helper()
	half := len(seen.memory) / 2
	before, after := seen.memory[half], seen.memory[len(seen.memory)-1]
	b.note(t, fmt.Sprintf("calm, %d events/s for %s: freshness p99", calmRate, seconds(calm.took)),
		fmt.Sprintf("%s (ε %.2g, slack %.2g)", seconds(quantile(calm.fresh, .99)), calm.epsilon, calm.slack), "")
	b.note(t, fmt.Sprintf("flood: events taken of %d/s offered for %s", floodRate, seconds(seen.took)),
		fmt.Sprintf("%.0f/s; %d requests refused for a while", rate(seen.taken, seen.took), seen.refused), "POST /v1/events")
	p99 := quantile(seen.fresh, .99)
	b.add(t, "freshness throughout, from POST to a rank: p99", "≤ 5 s", p99 <= 5*time.Second,
		fmt.Sprintf("%s (median %s, worst %s; %d probes, %d never seen)", seconds(p99), seconds(quantile(seen.fresh, .5)), seconds(quantile(seen.fresh, 1)), len(seen.fresh), seen.missing),
		"POST /v1/ranks/lookup")
	b.add(t, "accuracy bends, and says so: ε + slack at most", "more than in the calm", seen.epsilon+seen.slack > calm.epsilon+calm.slack,
		fmt.Sprintf("%.2g + %.2g", seen.epsilon, seen.slack), "GET /v1/status")
	b.add(t, "peak memory of the speed layer at the end of the flood", "≤ 1.25 of that in its middle", after*4 <= before*5,
		fmt.Sprintf("%s, %s in its middle", gib(after), gib(before)), "")
	b.always(t, "answers of 500 and above but 503 to events, or none", "0", len(f.faults) == 0, fmt.Sprintf("%d of %d", len(f.faults), f.answers), "")
	for _, fault := range f.faults[:min(len(f.faults), 10)] {
		t.Log(fault)
	}
}

// recovers waits until answers are as accurate as the speed layer has them when idle.
func (f *flood) recovers(t *testing.T, b *table, idle state) {
	t.Helper()
	began := time.Now()
	back := within(10*time.Minute, f.speed, func() bool {
		s, status, err := f.api.state()
		return f.took("status", status, err) && s.Lag.Events != nil && *s.Lag.Events == 0 &&
			s.Target <= idle.Target && s.Bounds.Epsilon <= 1.1*idle.Target && s.Bounds.Slack <= idle.Target
	})
	b.always(t, "ε and slack as when idle again, by themselves", "yes", back, fmt.Sprintf("%v, %s after the flood's last event showed", back, seconds(time.Since(began))), "GET /v1/status")
}
