package acceptance

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// outside is what clients of an API see of it: how fresh its answers are, and whether
// there are any.
type outside struct {
	api   client
	began time.Time
	sent  int           // events of the feed that were taken
	fed   time.Duration // for how long it was played

	mu      sync.Mutex
	pending map[string]time.Time // pages that must show: when their event was posted
	fresh   []shown
	lags    []float64 // lag_seconds of answers
	answers int
	faults  []string // answers of 500 and above, and none at all
}

// shown is an event that an answer had at last.
type shown struct {
	posted time.Time
	took   time.Duration // from then to that answer
}

// tookToShow returns how long the events took to show.
func (o *outside) tookToShow() []time.Duration {
	all := make([]time.Duration, len(o.fresh))
	for i, s := range o.fresh {
		all[i] = s.took
	}
	return all
}

// took notes an answer and returns whether it is one to go on with.
func (o *outside) took(what string, status int, err error) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answers++
	if err != nil || status >= 500 {
		o.faults = append(o.faults, fmt.Sprintf("%s after %s: %d, %v", what, seconds(time.Since(o.began)), status, err))
	}
	return err == nil && status < 300
}

// repeat calls do every so often until stop is closed.
func repeat(every time.Duration, stop <-chan struct{}, do func()) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			do()
		}
	}
}

// lines starts a feed and returns what it prints, from its first line on, and what ends
// it; nil if it prints nothing.
func lines(t *testing.T, feed *exec.Cmd) (in *bufio.Reader, end func()) {
	out, err := feed.StdoutPipe()
	if err == nil {
		err = feed.Start()
	}
	if err != nil {
		t.Errorf("%v: %v", feed.Args, err)
		return nil, func() {}
	}
	end = func() {
		_ = feed.Process.Kill() // it would go on
		_ = feed.Wait()
	}
	in = bufio.NewReaderSize(out, 1<<20)
	if _, err := in.Peek(1); err != nil {
		t.Errorf("%v: %v", feed.Args, err)
		return nil, end
	}
	return in, end
}

// play posts lines of a feed at an even rate, in events a second, until stop is closed.
func (o *outside) play(t *testing.T, feed *exec.Cmd, perSecond float64, stop <-chan struct{}) {
	in, end := lines(t, feed)
	defer end()
	if in == nil {
		return
	}
	began, owed := time.Now(), 0
	defer func() { o.fed = time.Since(began) }()
	repeat(50*time.Millisecond, stop, func() {
		due := int(perSecond * time.Since(began).Seconds())
		var body bytes.Buffer
		n := due - owed
		for range n {
			line, err := in.ReadBytes('\n')
			if err != nil {
				t.Errorf("%v: %v", feed.Args, err)
				return
			}
			body.Write(line)
		}
		owed = due
		if n == 0 {
			return
		}
		if status, err := o.api.send("/v1/events", "application/x-ndjson", &body, nil); o.took("feed", status, err) {
			o.sent += n
		}
	})
}

// probe posts a crawl that links to a page nobody has heard of.
func (o *outside) probe(number int) {
	fresh := fmt.Sprintf("https://probe-%d.example.org/", number)
	event := crawled(fmt.Sprint("probe-", number), fmt.Sprintf("https://probing-%d.example.org/", number), fresh)
	began := time.Now()
	if status, err := o.api.post("/v1/events", cloudEvent, event, nil); o.took("probe", status, err) {
		o.mu.Lock()
		o.pending[fresh] = began
		o.mu.Unlock()
	}
}

// look asks for the pages that have not shown yet, and for one that always has a rank.
func (o *outside) look(known string) {
	ask := []string{known}
	o.mu.Lock()
	for url := range o.pending {
		if len(ask) < 1000 {
			ask = append(ask, url)
		}
	}
	o.mu.Unlock()
	var many items[rank]
	status, err := o.api.post("/v1/ranks/lookup", "application/json", map[string]any{"urls": ask}, &many)
	if !o.took("lookup", status, err) {
		return
	}
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lags = append(o.lags, many.Items[0].LagSeconds)
	for i, r := range many.Items {
		if posted, ok := o.pending[ask[i]]; ok && r.Status == "ranked" {
			o.fresh = append(o.fresh, shown{posted, now.Sub(posted)})
			delete(o.pending, ask[i])
		}
	}
}

// giveUp takes what has not shown yet for shown now: its true time is longer.
func (o *outside) giveUp() (missing int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, posted := range o.pending {
		o.fresh = append(o.fresh, shown{posted, time.Since(posted)})
	}
	return len(o.pending)
}

func (o *outside) unseen() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.pending)
}

// at reports whether answers are made with the speed layer's view over a generation.
func (o *outside) at(generation int64) bool {
	s, status, err := o.api.state()
	return o.took("status", status, err) && s.Generation == generation && s.View != 0
}
