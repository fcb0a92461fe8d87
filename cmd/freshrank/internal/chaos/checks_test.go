package chaos

import (
	"fmt"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/processtest"
	"freshrank/pagerank/link"
)

// verdict is what a system was found to be like, once it had recovered.
type verdict struct {
	recovery              time.Duration // from the last repair until a new event showed in the answers
	acked                 int           // events acknowledged, of the whole feed so far
	intervals, states     int           // sampled answers about pages and sums, and the offsets that they were of
	published             int           // states published since the last verdict
	lost, doubled, untrue int
	faults                []string // all of them, the lost, doubled and untrue ones too
}

func (v *verdict) ok() bool { return len(v.faults) == 0 }

func (v *verdict) fault(count *int, format string, args ...any) {
	*count++
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// examine waits until the system has recovered and the answers have settled, and holds
// everything against what must be: that nothing is broken any more is the caller's part.
func (w *watch) examine(t *testing.T) *verdict {
	t.Helper()
	v := &verdict{}
	v.recovery = w.recover(t)
	w.feed.hold()
	w.settle(t)
	w.sampler.hold()
	w.faults.trouble.Store(false)

	end := w.topic.read(t)
	before := len(w.history.views)
	w.loadHistory(t, w.faults)
	v.published = len(w.history.views) - before
	w.checkLedger(v)
	w.checkClaims(v)
	w.checkSamples(v, w.sampler.take())
	w.checkSettled(t, v, end)
	w.checkArchive(t, v)
	if out, code := processtest.Run(t, append([]string{"verify"}, w.direct()...)...); code != 0 {
		v.fault(&v.untrue, "freshrank verify: exit code %d\n%s", code, out)
	}
	for _, l := range w.layers() {
		if l.ended() {
			v.faults = append(v.faults, fmt.Sprintf("freshrank %s ended by itself: %v\n%s", l.name, l.Cmd.ProcessState, l.Output))
			l.start(t)
		}
	}
	v.faults = append(v.faults, w.faults.take()...)
	v.acked, _, _ = w.ledger.counts()
	w.sampler.release()
	w.feed.release()
	return v
}

// recover returns how long it takes until an event that is submitted now shows.
func (w *watch) recover(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	w.probes++
	e := link.Event{
		ID: fmt.Sprint("probe-", w.probes), Source: "https://probe.example/", Time: begin, Type: link.PageCrawled,
		URL: "https://probe.example/", Links: []link.Link{{URL: fmt.Sprintf("https://probe.example/%d", w.probes)}},
	}
	e.Seal()
	text := encode(&e)
	w.ledger.sending(&e, text)
	w.await(t, "an event to be taken", func() bool {
		r, err := w.api.send("POST", "/v1/events", "application/cloudevents+json", text)
		return err == nil && r.status == 202
	})
	w.ledger.acked(time.Now(), identityOf(&e))
	w.await(t, "an event to show in the answers", func() bool {
		many, _, err := w.api.lookup(e.Links[0].URL)
		return err == nil && len(many.Items) == 1 && many.Items[0].Status == "ranked"
	})
	return time.Since(begin)
}

// settle waits until the answers hold all that the log has, and no batch run is under way.
func (w *watch) settle(t *testing.T) {
	t.Helper()
	w.await(t, "the answers to hold all that the log has", func() bool {
		if open, err := w.api.openRun(); err != nil || open {
			return false
		}
		end, err := w.topic.ends(t.Context(), link.Topic)
		if err != nil {
			return false
		}
		now, err := w.api.status()
		return err == nil && now.View != 0 && now.Generation == now.Newest && link.Offsets(now.Offsets.Applied).Equal(end) && *now.Lag.Events == 0
	})
}
