package bench

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"time"

	"freshrank/cmd/freshrank/internal/load"
)

// requests are written out before anything is measured.
type requests struct {
	livez, single, bulk [][]byte
	addr                string
	urls                []string
	keys                int
}

// maxBulk bounds the memory of prepared bodies.
const maxBulk = 500

func prepareRequests(o *ServeOptions) (*requests, error) {
	u, err := url.Parse(o.API)
	if err != nil {
		return nil, err
	}
	addr := u.Host
	if u.Port() == "" {
		addr += ":80"
	}
	header := " HTTP/1.1\r\nHost: " + u.Host + "\r\n"
	if o.Key != "" {
		header += "Authorization: Bearer " + o.Key + "\r\n"
	}
	r := &requests{addr: addr, urls: o.URLs, keys: o.Keys, livez: [][]byte{[]byte("GET /livez" + header + "\r\n")}}
	for _, page := range o.URLs {
		r.single = append(r.single, []byte("GET /v1/ranks?url="+url.QueryEscape(page)+header+"\r\n"))
	}
	for i := 0; i < maxBulk && (i+1)*o.Keys <= len(o.URLs); i++ {
		body, err := json.Marshal(map[string][]string{"urls": o.URLs[i*o.Keys : (i+1)*o.Keys]})
		if err != nil {
			return nil, err
		}
		r.bulk = append(r.bulk, fmt.Appendf(nil, "POST /v1/ranks/lookup%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", header, len(body), body))
	}
	return r, nil
}

// options returns what a stage runs; reached is the rate of the stage single.
func (r *requests) options(stage string, o *ServeOptions, reached float64) load.Options {
	run := load.Options{Addr: r.addr, Connections: o.Connections, Duration: o.Duration, Patience: 10 * time.Second, CheckEvery: 1000, Check: r.checkSingle}
	asked := r.single
	switch stage {
	case "livez":
		asked, run.CheckEvery = r.livez, 0
	case "rate", "after":
		run.Rate = o.Rate
	case "bulk":
		asked, run.Connections, run.CheckEvery, run.Check = r.bulk, o.Bulk, 50, r.checkBulk
	case "overload":
		run.Rate, run.Connections = o.Overload*reached, int(o.Overload)*o.Connections
	}
	run.Request = func(i int) []byte { return asked[i%len(asked)] }
	return run
}

// page is what of an answer is checked.
type page struct {
	URL         string
	Status      string
	Rank        *float64
	Base, Delta float64
	Interval    struct{ Low, High float64 }
	Generation  int64
	AsOf        string `json:"as_of"`
}

func (p *page) check(asked string) error {
	switch {
	case p.URL != asked:
		return fmt.Errorf("the answer for %s is about %s", asked, p.URL)
	case p.Status != "ranked" && p.Status != "alias" && p.Status != "gone":
		return fmt.Errorf("%s is %s", asked, p.Status)
	case p.Rank != nil && (*p.Rank < p.Interval.Low || *p.Rank > p.Interval.High || !same(p.Base+p.Delta, *p.Rank)):
		return fmt.Errorf("%s: rank %v, base %v, delta %v, interval %v", asked, *p.Rank, p.Base, p.Delta, p.Interval)
	}
	return nil
}

func same(a, b float64) bool { return a-b < 1e-9*b && b-a < 1e-9*b }

func (r *requests) checkSingle(i int, body []byte) error {
	var p page
	if err := json.Unmarshal(body, &p); err != nil {
		return err
	}
	return p.check(r.urls[i%len(r.urls)])
}

func (r *requests) checkBulk(i int, body []byte) error {
	var list struct{ Items []page }
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	from := i % len(r.bulk) * r.keys
	if len(list.Items) != r.keys {
		return fmt.Errorf("%d answers to %d URLs", len(list.Items), r.keys)
	}
	for j := range list.Items {
		p, first := &list.Items[j], &list.Items[0]
		if err := p.check(r.urls[from+j]); err != nil {
			return err
		}
		if p.Generation != first.Generation || p.AsOf != first.AsOf {
			return fmt.Errorf("one answer mixes two states: %d of %s and %d of %s", first.Generation, first.AsOf, p.Generation, p.AsOf)
		}
	}
	return nil
}

// loadAverage returns that of the last minute; 0 where the system does not say.
func loadAverage() (minute float64) {
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, _ = fmt.Sscan(string(text), &minute)
	}
	return minute
}
