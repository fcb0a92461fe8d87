package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
)

// crawler makes up the events: those of a crawl that goes round in the web, from
// several sources, some late, some with a twin that only its content tells apart.
type crawler struct {
	mu   sync.Mutex
	rng  *rand.Rand
	feed *pageranktest.Feed
	late []link.Event // held back, to arrive after younger ones
	past []link.Event // to be delivered again
}

// sources is how many crawlers report.
const sources = 9

func newCrawler(web *pageranktest.Web, seed uint64) *crawler {
	return &crawler{rng: rand.New(rand.NewPCG(seed, 11)), feed: pageranktest.NewFeed(web, seed)}
}

// next returns the events of one delivery, at least one.
func (c *crawler) next() []link.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	var events []link.Event
	for len(events) == 0 || c.rng.IntN(2) == 0 {
		e := c.feed.Next(time.Now())
		e.Source = fmt.Sprintf("https://crawler-%d.example/", c.rng.IntN(sources))
		switch k := c.rng.IntN(100); {
		case k < 8: // observed some time ago
			e.Time = e.Time.Add(-time.Duration(c.rng.IntN(5000)) * time.Millisecond)
		case k < 16:
			e.Seal()
			c.late = append(c.late, e)
			continue
		case k < 18:
			twin := e
			twin.Source = "https://mirror.example/" + e.ID
			twin.Links = slices.Clone(e.Links[:len(e.Links)/2])
			twin.Seal()
			events = append(events, twin)
		}
		e.Seal()
		events = append(events, e)
	}
	if n := len(c.late); n > 5 {
		at := c.rng.IntN(n)
		events = append(events, c.late[at])
		c.late[at] = c.late[n-1]
		c.late = c.late[:n-1]
	}
	if len(c.past) > 0 && c.rng.IntN(10) == 0 {
		events = append(events, c.past[c.rng.IntN(len(c.past))])
	}
	for _, e := range events {
		if len(c.past) < 500 {
			c.past = append(c.past, e)
		} else {
			c.past[c.rng.IntN(len(c.past))] = e
		}
	}
	c.rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	return events
}

// intN is a random number below n.
func (c *crawler) intN(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rng.IntN(n)
}
