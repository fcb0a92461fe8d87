package api

import (
	"fmt"
	"math"
	"strings"
	"time"

	"freshrank/serving"
)

// Stamp says what an answer was made from.
type Stamp struct {
	Generation int64     `json:"generation" doc:"The batch generation that the answer is built on."`
	AsOf       time.Time `json:"as_of" doc:"All events up to this time are included."`
	LagSeconds float64   `json:"lag_seconds" doc:"Age of as_of at the moment of the answer."`
}

func stamp(s *serving.Snapshot) Stamp {
	return Stamp{Generation: s.Generation, AsOf: s.AsOf, LagSeconds: seconds(s.Lag)}
}

func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1000) / 1000 }

// Interval holds the true value.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Rank is the answer about one page. A page without a rank has none of the
// numbers: they are absent, not zero.
type Rank struct {
	URL        string     `json:"url" doc:"The canonical URL; as given if it is invalid." example:"https://example.com/"`
	Page       string     `json:"page,omitempty" doc:"The page's key." example:"0f115db0-62b7-c0dd-030b-16878c99dea5"`
	Status     string     `json:"status" enum:"ranked,alias,gone,unknown,invalid" doc:"An alias answers with its target's numbers; a page that is gone has a rank as long as others link to it; only items of a lookup can be invalid."`
	Target     *Target    `json:"target,omitempty" doc:"Of an alias: the page it leads to in the end."`
	Rank       *float64   `json:"rank,omitempty" doc:"PageRank; over all pages it adds up to 1."`
	X          *float64   `json:"x,omitempty" doc:"Un-normalised rank: 1 is the average over all pages if none is without links."`
	Score      *float64   `json:"score,omitempty" minimum:"0" maximum:"10" doc:"Logarithmic: 0 is a page nothing links to, 10 the highest ranked page."`
	Percentile *float64   `json:"percentile,omitempty" minimum:"0" maximum:"100" doc:"Percent of the generation's pages with a smaller rank."`
	Interval   *Interval  `json:"interval,omitempty" doc:"The true rank lies within."`
	Base       *float64   `json:"base,omitempty" doc:"Part of rank that the batch layer knew; base + delta = rank."`
	Delta      *float64   `json:"delta,omitempty" doc:"Part of rank that the speed layer has added since."`
	Generation int64      `json:"generation,omitempty" doc:"The batch generation that the answer is built on."`
	AsOf       *time.Time `json:"as_of,omitempty" doc:"All events up to this time are included."`
	LagSeconds *float64   `json:"lag_seconds,omitempty" doc:"Age of as_of at the moment of the answer."`
	Error      *Fault     `json:"error,omitempty" doc:"Of an invalid item of a lookup: what is wrong with it."`
}

// Target is where an alias leads.
type Target struct {
	Page string `json:"page"`
	URL  string `json:"url,omitempty" doc:"Absent if nothing else is known of the page."`
}

// rankOf returns the answer about p. lag is the snapshot's in seconds, which all items
// of an answer share, like its time.
func rankOf(s *serving.Snapshot, lag *float64, p *serving.Page, url string) Rank {
	out := Rank{URL: url, Page: p.Key.String(), Status: string(p.Status), Generation: s.Generation, AsOf: &s.AsOf, LagSeconds: lag}
	if t := p.Target; t != nil {
		out.Target = &Target{Page: t.Key.String(), URL: t.URL}
	}
	if p.Ranked {
		var n struct { // in one piece of memory
			serving.Numbers
			Interval
		}
		n.Numbers = s.Numbers(p.X, p.BaseX)
		n.Interval = Interval{n.Numbers.Low, n.Numbers.High}
		out.Rank, out.X, out.Score, out.Percentile = &n.Rank, &n.X, &n.Score, &n.Percentile
		out.Base, out.Delta, out.Interval = &n.Base, &n.Delta, &n.Interval
	}
	return out
}

// Sum is the answer about a host or a domain.
type Sum struct {
	Host     string    `json:"host,omitempty" example:"www.example.com"`
	Domain   string    `json:"domain" doc:"The registered domain, by the Public Suffix List." example:"example.com"`
	Status   string    `json:"status" enum:"ranked,unknown"`
	Pages    int64     `json:"pages" doc:"How many of its pages have a rank."`
	Rank     *float64  `json:"rank,omitempty" doc:"Sum of its pages' ranks."`
	X        *float64  `json:"x,omitempty"`
	Interval *Interval `json:"interval,omitempty" doc:"The true sum lies within."`
	Base     *float64  `json:"base,omitempty"`
	Delta    *float64  `json:"delta,omitempty"`
	Stamp
}

func sumOf(s *serving.Snapshot, a serving.Sum) Sum {
	out := Sum{Status: string(serving.Unknown), Pages: a.Pages, Stamp: stamp(s)}
	if a.Pages > 0 {
		n := s.SumNumbers(a)
		out.Status = string(serving.Ranked)
		out.Rank, out.X, out.Base, out.Delta = &n.Rank, &n.X, &n.Base, &n.Delta
		out.Interval = &Interval{n.Low, n.High}
	}
	return out
}

// etag is weak: two answers from one pair differ in lag_seconds. They may differ in
// as_of, too: a generation that is published makes a view that is already read claim more.
func etag(s *serving.Snapshot) string {
	return fmt.Sprintf(`W/"%s.t%d"`, s.Pair, s.AsOf.UnixMicro())
}

// matches reports whether an If-None-Match header names the tag.
func matches(header, tag string) bool {
	for _, t := range strings.Split(header, ",") {
		t = strings.TrimSpace(t)
		if t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") && t != "" {
			return true
		}
	}
	return false
}
