package chaos

import (
	"math/rand/v2"
	"sync"
	"time"

	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
)

// ledger knows what became of every event that was sent.
type ledger struct {
	mu      sync.Mutex
	entries map[identity]*entry
	garbage map[string]time.Time // records that are no events, by value: when the log had confirmed them
	urls    []string             // that answers are asked for
	known   map[string]bool
}

// identity tells events apart: a source gives an id once.
type identity struct{ source, id string }

type entry struct {
	text    []byte    // canonical: as it must stand in the log
	acked   time.Time // when a 202, or the log itself, had confirmed it; zero: never
	refused bool      // the API said that it is no event
}

// newLedger returns a ledger of no event; answers are asked for the web's pages.
func newLedger(web *pageranktest.Web) *ledger {
	l := &ledger{entries: map[identity]*entry{}, garbage: map[string]time.Time{}, known: map[string]bool{}}
	for page := range web.Pages() {
		l.name(web.URL(page))
	}
	return l
}

func identityOf(e *link.Event) identity { return identity{e.Source, e.ID} }

// sending notes an event before it is sent: from now on its outcome is unknown.
func (l *ledger) sending(e *link.Event, text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries[identityOf(e)] != nil {
		return // delivered again
	}
	l.entries[identityOf(e)] = &entry{text: text}
	for _, url := range append([]string{e.URL, e.Target}, targets(e)...) {
		l.name(url)
	}
}

func targets(e *link.Event) []string {
	urls := make([]string, len(e.Links))
	for i, link := range e.Links {
		urls[i] = link.URL
	}
	return urls
}

func (l *ledger) name(url string) {
	if url != "" && !l.known[url] {
		l.known[url] = true
		l.urls = append(l.urls, url)
	}
}

// acked notes that events are in the log, by now.
func (l *ledger) acked(now time.Time, ids ...identity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if e := l.entries[id]; e.acked.IsZero() {
			e.acked = now
		}
	}
}

// refusing notes an event that is none before it is sent.
func (l *ledger) refusing(id identity) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[id] = &entry{refused: true}
}

func (l *ledger) ackedGarbage(now time.Time, value string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.garbage[value]; old.IsZero() {
		l.garbage[value] = now
	}
}

// random returns n URLs that answers may be asked for; now and then one that nobody
// has ever named.
func (l *ledger) random(rng *rand.Rand, n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	urls := make([]string, n)
	for i := range urls {
		switch {
		case rng.IntN(50) == 0:
			urls[i] = "https://nobody.example/" + time.Now().Format("150405.000")
		case rng.IntN(3) == 0: // what has just been named
			urls[i] = l.urls[len(l.urls)-1-rng.IntN(min(len(l.urls), 100))]
		default:
			urls[i] = l.urls[rng.IntN(len(l.urls))]
		}
	}
	return urls
}

// all returns every URL that was named.
func (l *ledger) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.urls...)
}

// counts returns how many events were acknowledged, refused and neither.
func (l *ledger) counts() (acked, refused, unknown int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		switch {
		case e.refused:
			refused++
		case e.acked.IsZero():
			unknown++
		default:
			acked++
		}
	}
	return acked, refused, unknown
}
