package pageranktest

import (
	"iter"
	"slices"

	"freshrank/pagerank/link"
)

// Replay is [TruthAfter] of events that come one by one: what they mean can be asked
// after each, at a cost that goes by what has changed.
type Replay struct {
	world    trueWorld
	imported []truePage               // by page; pages named later have none
	events   map[uint32][]*link.Event // by page, in the order of the rules
	policy   link.RelPolicy
	damping  float64
	x        []float64 // as last found
}

// NewReplay returns a Replay of no event yet; imported may be nil.
func NewReplay(imported iter.Seq2[string, []link.Link], policy link.RelPolicy, damping float64) *Replay {
	r := &Replay{
		world: trueWorld{number: map[string]uint32{}}, events: map[uint32][]*link.Event{}, policy: policy, damping: damping,
	}
	if imported != nil {
		for url, links := range imported {
			r.world.crawled(r.world.page(url), links)
		}
	}
	for _, p := range r.world.pages {
		p.links = slices.Clone(p.links)
		r.imported = append(r.imported, p)
	}
	return r
}

// Add takes in one more event, in whatever order they come. It keeps e.
func (r *Replay) Add(e *link.Event) {
	w := &r.world
	u := w.page(e.URL)
	at, again := slices.BinarySearchFunc(r.events[u], e, eventOrder)
	if again {
		return // delivered again
	}
	r.events[u] = slices.Insert(r.events[u], at, e)
	w.pages[u] = truePage{alias: none}
	if int(u) < len(r.imported) {
		w.pages[u] = r.imported[u]
		w.pages[u].links = slices.Clone(w.pages[u].links)
	}
	for _, e := range r.events[u] {
		w.apply(u, e)
	}
}

// World returns what all events so far mean.
func (r *Replay) World() (world World) {
	world, r.x = r.world.rank(r.policy, r.damping, r.x)
	return world
}
