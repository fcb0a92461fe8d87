package chaos

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/pagerank/link"
)

// TestFaultsOfClocks sends events of sources whose clocks are ahead or behind, and of
// producers that write to the log as they please. (That a process of ours has a wrong
// clock cannot be had here: Go asks the kernel, past anything a test could put in between.)
func TestFaultsOfClocks(t *testing.T) {
	w := newWatch(t, chosenSeed())
	at := func(ahead time.Duration, n int) *link.Event {
		e := &link.Event{ID: fmt.Sprint(ahead, n), Source: "https://clock.example/", Time: time.Now().Add(ahead), Type: link.PageCrawled,
			URL: fmt.Sprintf("https://clock.example/%d", n), Links: []link.Link{{URL: fmt.Sprintf("https://clock.example/%s/%d", ahead, n)}}}
		e.Seal()
		return e
	}
	submit := func(t *testing.T, w *watch, e *link.Event) reply {
		text := encode(e)
		w.ledger.sending(e, text)
		r, err := w.api.send("POST", "/v1/events", "application/cloudevents+json", text)
		if err != nil {
			t.Fatal(err)
		}
		if r.status == 202 {
			w.ledger.acked(time.Now(), identityOf(e))
		} else {
			w.ledger.refusing(identityOf(e))
		}
		return r
	}
	produce := func(t *testing.T, w *watch, messages ...kafka.Message) {
		if err := w.feed.writer.WriteMessages(t.Context(), messages...); err != nil {
			t.Fatal(err)
		}
	}
	w.try(t, []trial{
		{"events from 9 min ahead are taken, and stay the newest", func(t *testing.T, w *watch) {
			for n := range 20 {
				if r := submit(t, w, at(9*time.Minute, n)); r.status != 202 {
					t.Errorf("%d %s", r.status, r.body)
				}
				submit(t, w, at(0, n)) // of the same page, and older
			}
		}},
		{"events from 11 min ahead are refused", func(t *testing.T, w *watch) {
			for n := range 20 {
				if r := submit(t, w, at(11*time.Minute, n)); r.status != 400 && r.status != 422 || !strings.Contains(string(r.body), "set the sender's clock") {
					t.Errorf("%d %s", r.status, r.body)
				}
			}
		}},
		{"events from 11 min ahead in the log are set aside", func(t *testing.T, w *watch) {
			for n := range 20 {
				text := string(encode(at(11*time.Minute, 100+n)))
				w.ledger.ackedGarbage(time.Time{}, text)
				produce(t, w, kafka.Message{Value: []byte(text)})
				w.ledger.ackedGarbage(time.Now(), text)
			}
		}},
		{"records twice, in reverse order, without a key or with a wrong one, stamped an hour ago", func(t *testing.T, w *watch) {
			var messages []kafka.Message
			for n := range 40 {
				e := at(-2*time.Hour+time.Duration(n)*time.Second, n%10)
				text := encode(e)
				w.ledger.sending(e, text)
				for k := range 2 {
					m := kafka.Message{Value: text, Time: time.Now().Add(-time.Hour)}
					if k == 1 {
						m.Key = []byte(fmt.Sprint("wrong ", n))
					}
					messages = append([]kafka.Message{m}, messages...)
				}
			}
			produce(t, w, messages...)
		}},
	})
}
