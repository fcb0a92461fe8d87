package linkfile

import (
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// delta adds up events to a graph. What came last is in an overlay, what came before in
// graphs, which take less: each is at least twice as large as the next, so that a link is
// moved only as often as the number of overlays has binary digits.
type delta struct {
	overlay *linkgraph.Overlay
	late    int // units in overlay, see units
	graphs  []*linkgraph.Graph
	size    int // units taken
}

// lateSize is how many units an overlay takes.
var lateSize = 1 << 21

func newDelta() *delta { return &delta{overlay: linkgraph.NewOverlay(nil)} }

func (d *delta) apply(e *link.Event) error {
	d.overlay.Apply(e)
	d.late += units(e)
	d.size += units(e)
	if d.late < lateSize {
		return nil
	}
	return d.settle(false)
}

// units is about how much room an event takes, in that of a link of a crawl. One of a
// single link is kept beside the link, as an edit with a time and a name of its own.
func units(e *link.Event) int {
	if e.Type == link.LinkAdded || e.Type == link.LinkRemoved {
		return 8
	}
	return 1 + len(e.Links)
}

// settle makes a graph of the overlay, and one of those of its size, or of all.
func (d *delta) settle(all bool) error {
	d.graphs = append(d.graphs, d.overlay.Graph())
	d.overlay, d.late = linkgraph.NewOverlay(nil), 0
	for n := len(d.graphs); n > 1 && (all || d.graphs[n-2].Pages() < 2*d.graphs[n-1].Pages()); n-- {
		g, err := linkgraph.Join(d.graphs[n-2], d.graphs[n-1])
		if err != nil {
			return err
		}
		d.graphs = append(d.graphs[:n-2], g)
	}
	return nil
}

// graph returns what all events add up to, and begins anew.
func (d *delta) graph() (*linkgraph.Graph, error) {
	if err := d.settle(true); err != nil {
		return nil, err
	}
	g := d.graphs[0]
	*d = *newDelta()
	return g, nil
}
