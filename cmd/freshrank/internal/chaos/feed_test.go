package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/pagerank/link"
)

// feed sends the crawler's events without pause, through the API and past it.
type feed struct {
	*stack
	*ledger
	*crawler
	faults *faultList
	writer *kafka.Writer

	gate  sync.RWMutex // held for writing while nothing is to be sent
	stop  chan struct{}
	group sync.WaitGroup
	refs  int // of events that are none; under crawler.mu
}

const (
	feedClients = 4
	feedPause   = 20 * time.Millisecond // after each request of a client
)

// newFeed makes a feed that begins once it is let go.
func newFeed(t *testing.T, s *stack, l *ledger, faults *faultList, seed uint64) *feed {
	f := &feed{stack: s, ledger: l, crawler: newCrawler(s.web, seed), faults: faults, stop: make(chan struct{})}
	transport := &kafka.Transport{DialTimeout: time.Second}
	f.writer = &kafka.Writer{
		Addr: kafka.TCP(s.log.addr()), Topic: link.Topic, RequiredAcks: kafka.RequireAll, Transport: transport,
		BatchTimeout: time.Millisecond, MaxAttempts: 1, WriteTimeout: 3 * time.Second, ReadTimeout: 3 * time.Second,
	}
	f.gate.Lock()
	for range feedClients {
		f.group.Go(func() { f.run(f.submit) })
	}
	f.group.Go(func() { f.run(f.produce) })
	t.Cleanup(func() {
		close(f.stop)
		f.group.Wait()
		_ = f.writer.Close()
		transport.CloseIdleConnections()
	})
	return f
}

// release lets the feed go; hold returns once nothing is on its way any more.
func (f *feed) release() { f.gate.Unlock() }
func (f *feed) hold()    { f.gate.Lock() }

func (f *feed) run(one func()) {
	for {
		select {
		case <-f.stop:
			return
		case <-time.After(feedPause):
		}
		if !f.gate.TryRLock() {
			continue
		}
		one()
		f.gate.RUnlock()
	}
}

// submit sends a delivery to the API, in one of the forms that it takes, and what was
// not confirmed once more.
func (f *feed) submit() {
	events := f.next()
	texts := make([][]byte, len(events))
	for i := range events {
		texts[i] = encode(&events[i])
		f.sending(&events[i], texts[i])
	}
	bad := -1
	if f.intN(25) == 0 {
		bad = f.intN(len(texts) + 1)
		texts = append(texts[:bad:bad], append([][]byte{f.refused()}, texts[bad:]...)...)
	}
	kind, body := "application/x-ndjson", bytes.Join(texts, []byte("\n"))
	switch {
	case len(texts) == 1 && f.intN(2) == 0:
		kind, body = "application/cloudevents+json", texts[0]
	case f.intN(3) == 0:
		kind, body = "application/cloudevents-batch+json", append(append([]byte("["), bytes.Join(texts, []byte(","))...), ']')
	}
	for range 1 + f.intN(3) {
		if f.post(kind, body, events, bad) {
			return
		}
	}
}

// post reports whether the API has said what became of the events.
func (f *feed) post(kind string, body []byte, events []link.Event, bad int) bool {
	r, err := f.api.send("POST", "/v1/events", kind, body)
	if err != nil {
		f.faults.failed("POST /v1/events: %v", err)
		return false
	}
	if what := r.broken(); what != "" {
		f.faults.add("POST /v1/events: %s", what)
		return false
	}
	if r.status == http.StatusServiceUnavailable || r.status == http.StatusGatewayTimeout {
		f.faults.failed("POST /v1/events: %s", r.body)
		return false
	}
	var receipt struct {
		Accepted, Rejected int
		Errors             []struct{ Index int }
	}
	rejected := 0
	if bad >= 0 {
		rejected = 1
	}
	if r.status != http.StatusAccepted || json.Unmarshal(r.body, &receipt) != nil || receipt.Accepted != len(events) || receipt.Rejected != rejected ||
		len(receipt.Errors) != rejected || rejected == 1 && receipt.Errors[0].Index != bad {
		f.faults.add("POST /v1/events of %d events and %d that are none (at %d): %d: %s", len(events), rejected, bad, r.status, r.body)
		return true
	}
	now := time.Now()
	for i := range events {
		f.acked(now, identityOf(&events[i]))
	}
	return true
}

// refused returns what is no event, for a page's URL is of no web page.
func (f *feed) refused() []byte {
	f.crawler.mu.Lock()
	f.refs++
	id := identity{"https://crawler-0.example/", fmt.Sprint("refused-", time.Now().UnixNano(), "-", f.refs)}
	f.crawler.mu.Unlock()
	f.refusing(id)
	return fmt.Appendf(nil, `{"specversion":"1.0","id":%q,"source":%q,"type":"freshrank.page.gone","time":"2025-01-01T00:00:00Z","data":{"url":"mailto:a@b.example"}}`,
		id.id, id.source)
}

// produce writes to the log itself, some of it twice, some of it no event, and into
// whatever partition: what a page's events say does not depend on it.
func (f *feed) produce() {
	var records []kafka.Message
	var ids []identity
	events := f.next()
	for i := range events {
		text := encode(&events[i])
		f.sending(&events[i], text)
		ids = append(ids, identityOf(&events[i]))
		for range 1 + f.intN(4)/3 {
			records = append(records, kafka.Message{Key: []byte(events[i].URL), Value: text})
		}
	}
	garbage := ""
	if f.intN(5) == 0 {
		garbage = fmt.Sprintf(`{"no event": %d}`, time.Now().UnixNano())
		f.ackedGarbage(time.Time{}, garbage)
		records = append(records, kafka.Message{Key: []byte("garbage"), Value: []byte(garbage)})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := f.writer.WriteMessages(ctx, records...); err != nil {
		f.faults.failed("write to the log: %v", err)
		return
	}
	f.acked(time.Now(), ids...)
	if garbage != "" {
		f.ackedGarbage(time.Now(), garbage)
	}
}

func encode(e *link.Event) []byte {
	text, err := link.Encode(e)
	if err != nil {
		panic(err) // the crawler made what is no event
	}
	return text
}
