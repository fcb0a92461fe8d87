package chaos

import (
	"fmt"
	"iter"
	"math"

	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
)

// truth knows what every page's answer should be at any offsets, from the graph that
// was imported and the topic alone.
type truth struct {
	web    *pageranktest.Web
	topic  *topicLog
	replay *pageranktest.Replay
	at     link.Offsets
	world  pageranktest.World
	hosts  map[string]truePages // of world; nil until asked for
	solved int                  // worlds computed
}

// truePages are a host's or a domain's pages that have a rank.
type truePages struct {
	pages int
	rank  float64
}

const damping = 0.85

func newTruth(web *pageranktest.Web, topic *topicLog) *truth {
	return &truth{web: web, topic: topic}
}

// imported is the graph as the CSV file says it: a page without links has no line.
func (t *truth) imported() iter.Seq2[string, []link.Link] {
	return func(yield func(string, []link.Link) bool) {
		var buf []uint32
		for u := range t.web.Pages() {
			var links []link.Link
			buf = t.web.AppendLinks(buf[:0], u)
			for _, v := range buf {
				links = append(links, link.Link{URL: t.web.URL(int(v))})
			}
			if len(links) > 0 && !yield(t.web.URL(u), links) {
				return
			}
		}
	}
}

// move goes to offsets. That is cheap where they lie ahead.
func (t *truth) move(to link.Offsets) {
	if t.replay != nil && t.at.Equal(to) {
		return
	}
	if t.replay == nil || !to.Covers(t.at) {
		t.replay, t.at = pageranktest.NewReplay(t.imported(), link.DropMarked, damping), nil
	}
	for p := range to {
		for o := t.at.At(p); o < to[p]; o++ {
			if e := t.topic.partitions[p][o].event; e != nil {
				t.replay.Add(e)
			}
		}
	}
	t.at = to.Clone()
	t.world, t.hosts = t.replay.World(), nil
	t.solved++
}

// own is what float64 loses; the oracle knows x to 1e−13.
const own = 1e-11

func (i interval) holds(v float64) bool { return v >= i.Low*(1-own) && v <= i.High*(1+own) }

// wrong says what is wrong with an answer about a page, "" if nothing is.
func (t *truth) wrong(a answer) string {
	want, ok := t.world.Pages[a.URL]
	if !ok {
		want.Status = "unknown"
	}
	if a.Status != want.Status {
		return fmt.Sprintf("%s is said to be %s, and is %s", a.URL, a.Status, want.Status)
	}
	ranked := want
	if want.Status == "alias" {
		ranked = t.world.Pages[want.Target]
		if a.Target == nil || a.Target.URL != want.Target && a.Target.URL != "" {
			return fmt.Sprintf("%s is said to lead to %v, and leads to %s", a.URL, a.Target, want.Target)
		}
	}
	switch {
	case (a.Rank != nil) != ranked.Member:
		return fmt.Sprintf("%s has a rank: said %v, true %v", a.URL, a.Rank != nil, ranked.Member)
	case !ranked.Member:
		return ""
	case a.Interval == nil || a.Base == nil || a.Delta == nil:
		return fmt.Sprintf("%s has a rank, and no interval, base or delta", a.URL)
	case !a.Interval.holds(ranked.Rank):
		return fmt.Sprintf("%s has rank %.17g, which is outside of [%.17g, %.17g]", a.URL, ranked.Rank, a.Interval.Low, a.Interval.High)
	case !a.Interval.holds(*a.Rank) || math.Abs(*a.Base+*a.Delta-*a.Rank) > 1e-9**a.Rank:
		return fmt.Sprintf("%s: rank %v, base %v, delta %v and interval %v do not fit", a.URL, *a.Rank, *a.Base, *a.Delta, *a.Interval)
	}
	return ""
}

// wrongSum is wrong for a host or a domain.
func (t *truth) wrongSum(s sum) string {
	if t.hosts == nil {
		t.hosts = map[string]truePages{}
		for url, a := range t.world.Pages {
			if !a.Member {
				continue
			}
			host := link.HostOf(url)
			for _, name := range []string{"host " + host, "domain " + link.DomainOf(host)} {
				h := t.hosts[name]
				t.hosts[name] = truePages{h.pages + 1, h.rank + a.Rank}
			}
		}
	}
	name := "domain " + s.Domain
	if s.Host != "" {
		name = "host " + s.Host
	}
	want := t.hosts[name]
	switch {
	case s.Pages != want.pages:
		return fmt.Sprintf("%s has %d pages, and is said to have %d", name, want.pages, s.Pages)
	case want.pages == 0:
		return ""
	case s.Rank == nil || s.Interval == nil:
		return fmt.Sprintf("%s has no rank", name)
	case !s.Interval.holds(want.rank):
		return fmt.Sprintf("%s has rank %.17g, which is outside of [%.17g, %.17g]", name, want.rank, s.Interval.Low, s.Interval.High)
	}
	return ""
}
