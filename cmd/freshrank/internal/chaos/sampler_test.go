package chaos

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"freshrank/pagerank/link"
)

// sampler asks for random pages without pause and keeps what it was told.
type sampler struct {
	*stack
	ledger *ledger
	faults *faultList

	gate  sync.RWMutex
	stop  chan struct{}
	group sync.WaitGroup

	mu      sync.Mutex
	samples []sample
}

// sample is one answer.
type sample struct {
	what       string
	at         pair // that its ETag names; of a lookup only the generation is known
	tagged     bool
	tagAsOf    int64 // in µs, by its ETag
	generation int64
	asOf       time.Time
	items      []answer
	sums       []sum
}

const (
	readers     = 3
	readerPause = 8 * time.Millisecond
)

func newSampler(t *testing.T, s *stack, l *ledger, faults *faultList, seed uint64) *sampler {
	r := &sampler{stack: s, ledger: l, faults: faults, stop: make(chan struct{})}
	r.gate.Lock()
	for i := range readers {
		rng := rand.New(rand.NewPCG(seed, uint64(100+i)))
		r.group.Go(func() { r.run(&reader{sampler: r, rng: rng}) })
	}
	t.Cleanup(func() {
		close(r.stop)
		r.group.Wait()
	})
	return r
}

func (r *sampler) release() { r.gate.Unlock() }
func (r *sampler) hold()    { r.gate.Lock() }

// take returns the samples so far and forgets them.
func (r *sampler) take() []sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.samples
	r.samples = nil
	return all
}

// reader asks one thing after the other.
type reader struct {
	*sampler
	rng  *rand.Rand
	asOf time.Time // of the last answer
}

func (r *sampler) run(one *reader) {
	for {
		select {
		case <-r.stop:
			return
		case <-time.After(readerPause):
		}
		if !r.gate.TryRLock() {
			continue
		}
		one.ask()
		r.gate.RUnlock()
	}
}

func (r *reader) ask() {
	rng := r.rng
	switch k := rng.IntN(10); {
	case k < 4:
		urls := r.ledger.random(rng, 1+rng.IntN(40))
		b, _ := json.Marshal(map[string]any{"urls": urls})
		var many items
		if s, ok := r.request("POST", "/v1/ranks/lookup", b, &many); ok && len(many.Items) > 0 {
			s.items, s.generation, s.asOf = many.Items, many.Items[0].Generation, many.Items[0].AsOf
			r.keep(s)
		}
	case k < 7:
		var one answer
		if s, ok := r.request("GET", "/v1/ranks?url="+url.QueryEscape(r.ledger.random(rng, 1)[0]), nil, &one); ok {
			s.items, s.generation, s.asOf = []answer{one}, one.Generation, one.AsOf
			r.keep(s)
		}
	case k < 8:
		var top items
		path := fmt.Sprintf("/v1/top?limit=%d", 1+rng.IntN(50))
		if rng.IntN(2) == 0 {
			path += "&host=" + link.HostOf(r.ledger.random(rng, 1)[0])
		}
		if s, ok := r.request("GET", path, nil, &top); ok {
			s.items, s.generation, s.asOf = top.Items, top.Generation, top.AsOf
			for i := range top.Items[:max(0, len(top.Items)-1)] {
				if *top.Items[i].Rank < *top.Items[i+1].Rank {
					r.faults.add("GET %s: place %d has a smaller rank than the next one", path, i)
				}
			}
			r.keep(s)
		}
	default:
		var of sum
		host := link.HostOf(r.ledger.random(rng, 1)[0])
		path := "/v1/hosts/" + host
		if rng.IntN(2) == 0 {
			path = "/v1/domains/" + link.DomainOf(host)
		}
		if s, ok := r.request("GET", path, nil, &of); ok {
			s.sums, s.generation, s.asOf = []sum{of}, of.Generation, of.AsOf
			r.keep(s)
		}
	}
}

// request decodes a good answer; any other is noted.
func (r *sampler) request(method, path string, body []byte, into any) (sample, bool) {
	kind := ""
	if body != nil {
		kind = "application/json"
	}
	s := sample{what: method + " " + path}
	got, err := r.api.send(method, path, kind, body)
	switch {
	case err != nil:
		r.faults.failed("%s: %v", s.what, err)
		return s, false
	case got.broken() != "":
		r.faults.add("%s: %s", s.what, got.broken())
		return s, false
	case got.status == http.StatusServiceUnavailable || got.status == http.StatusGatewayTimeout:
		r.faults.failed("%s: %s", s.what, got.body)
		return s, false
	case got.status != http.StatusOK:
		r.faults.add("%s: status %d: %s", s.what, got.status, got.body)
		return s, false
	}
	if err := json.Unmarshal(got.body, into); err != nil {
		r.faults.add("%s: %v: %.300s", s.what, err, got.body)
		return s, false
	}
	if tag := got.header.Get("ETag"); tag != "" {
		if _, err := fmt.Sscanf(tag, `W/"g%d.v%d.s%d.t%d"`, &s.at.generation, &s.at.view, &s.at.sequence, &s.tagAsOf); err != nil {
			r.faults.add("%s: ETag %s", s.what, tag)
			return s, false
		}
		s.tagged = true
	}
	return s, true
}

// keep checks what can be checked at once, and keeps the rest for later.
func (r *reader) keep(s sample) {
	if s.asOf.Before(r.asOf) {
		r.faults.add("%s: as of %v, after an answer as of %v", s.what, s.asOf, r.asOf)
	}
	r.asOf = s.asOf
	for _, a := range s.items {
		if a.Generation != s.generation || !a.AsOf.Equal(s.asOf) {
			r.faults.add("%s mixes generation %d as of %v with %d as of %v", s.what, s.generation, s.asOf, a.Generation, a.AsOf)
		}
	}
	if s.tagged && (s.at.generation != s.generation || s.tagAsOf != s.asOf.UnixMicro()) {
		r.faults.add("%s: of generation %d as of %d µs by its ETag, of %d as of %v by its body", s.what, s.at.generation, s.tagAsOf, s.generation, s.asOf)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples = append(r.samples, s)
}
