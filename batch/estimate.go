package batch

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"freshrank/pagerank/link"
)

// Estimate says what a run would take, before it begins. Bytes are upper bounds for
// webs of the usual kind; tests hold disk to between once and twice of what is taken,
// and memory to between once and four times.
type Estimate struct {
	At       time.Time `json:"estimated_at"`
	Graph    *int64    `json:"graph,omitempty"` // the generation it starts from; nil: none
	Pages    int64     `json:"pages"`           // of that graph
	Links    int64     `json:"links"`           // of that graph
	Events   int64     `json:"events"`
	Memory   int64     `json:"memory_bytes"`   // that the process will hold at most beyond what it holds now
	Files    int64     `json:"files_bytes"`    // of the data folder, new
	Tables   int64     `json:"tables_bytes"`   // of Postgres, new, sorting of indexes included
	Retained int64     `json:"retained_bytes"` // of both that all generations kept will take
	Seconds  Seconds   `json:"phase_seconds"`
	Measured bool      `json:"measured"` // Seconds are from earlier runs, not from defaults
	Refused  string    `json:"refused,omitempty"`
}

// Past is a run that succeeded.
type Past struct {
	Pages, Links, Events int64
	Took                 Seconds
	Tables               int64 // bytes of its generation's tables; 0: they are gone
}

// GraphSize is how large a stored graph is.
type GraphSize struct {
	Pages, Links int64
	Bytes        int64        // of its files
	Cut          link.Offsets // nil for an import
}

// size is what the model of costs goes by.
type size struct{ pages, links, events float64 }

// grown is the size that events may make of a graph. An event is taken to bring one
// page and ten links that were not there.
func (s size) grown() size {
	return size{s.pages + s.events, s.links + 10*s.events, s.events}
}

// rate is what something costs: at all, and for each page, link and event.
type rate struct{ once, page, link, event float64 }

func (r rate) of(s size) float64 {
	return r.once + r.page*s.pages + r.link*s.links + r.event*s.events
}

// The model. Memory and disk in bytes, of the graph as it is after the events; time
// in seconds, of two slow cores. Measured on made-up webs of 0.3 to 10 million pages
// with 1 to 30 links each, garbage that Go has not collected yet included; see
// docs/performance.md.
var (
	memory = map[Phase]rate{
		PhaseArchive: {once: 64e6},
		PhaseFold:    {once: 80e6, page: 60, link: 8, event: 1500},
		PhaseRank:    {once: 40e6, page: 200, link: 20, event: 300},
		PhasePublish: {once: 40e6, page: 200, link: 20, event: 300},
	}
	// atOnce is what each row group takes that a fold reads or writes at the same time,
	// and pass how many events it holds at a time at most, of ten links each.
	atOnce, pass = 90e6, 3.2e6

	seconds = map[Phase]rate{
		PhaseArchive: {once: 0.1, event: 20e-6},
		PhaseFold:    {once: 0.2, page: 400e-9, link: 180e-9, event: 40e-6},
		PhaseRank:    {once: 0.1, page: 200e-9, link: 150e-9},
		PhasePublish: {once: 0.5, page: 6e-6},
	}
	files  = rate{once: 1 << 20, page: graphPage + 32, link: graphLink, event: 400}
	tables = rate{once: 1 << 20, page: 340}
	// sorting is what index builds take besides, while they last.
	sorting = rate{page: 48}
)

// Bytes of a stored graph, where no graph says how long its URLs are and how near
// its targets.
const graphPage, graphLink = 24, 4

// groupLinks is how many links of a stored graph a processor reads at a time: a row group.
const groupLinks = 1 << 20

var phases = []Phase{PhaseArchive, PhaseFold, PhaseRank, PhasePublish}

// Estimate says what a run would take if it began now.
func (r *Runner) Estimate(ctx context.Context) (Estimate, error) {
	base, ok, err := r.o.Files.LatestGraph(ctx)
	if err != nil {
		return Estimate{}, fmt.Errorf("look up latest graph: %w", err)
	}
	end, err := r.o.Log.End(ctx)
	if err != nil {
		return Estimate{}, fmt.Errorf("look up the log's end: %w", err)
	}
	e, err := r.estimate(ctx, base, ok, end)
	if err != nil {
		return e, err
	}
	if err := r.refusal(e); err != nil {
		e.Refused = err.Error()
	}
	return e, nil
}

// estimate says what a run from graph base, if there is one, up to a cut takes.
func (r *Runner) estimate(ctx context.Context, base int64, hasBase bool, cut link.Offsets) (Estimate, error) {
	var graph GraphSize
	e := Estimate{At: r.o.now()}
	if hasBase {
		var err error
		if graph, err = r.o.Files.GraphSize(ctx, base); err != nil {
			return Estimate{}, fmt.Errorf("look up size of graph %d: %w", base, err)
		}
		e.Graph = &base
	}
	past, err := r.o.View.Past(ctx)
	if err != nil {
		return Estimate{}, err
	}
	e.Pages, e.Links, e.Events = graph.Pages, graph.Links, graph.Cut.Behind(cut)
	s := size{float64(e.Pages), float64(e.Links), float64(e.Events)}
	after := s.grown()
	held := after
	held.events = min(held.events, pass)
	for _, p := range phases {
		bytes := memory[p].of(held)
		if p == PhaseFold && s.events > 0 {
			bytes += atOnce * min(float64(runtime.GOMAXPROCS(0)), after.links/groupLinks)
		}
		e.Memory = max(e.Memory, int64(bytes))
		*e.Seconds.of(p) = seconds[p].of(after)
	}
	e.Measured = e.measured(past, after)

	e.Files = int64(files.of(after))
	if graph.Bytes > 0 { // so much for its URLs; what events bring is as in the model
		e.Files += graph.Bytes - int64(graphPage*s.pages+graphLink*s.links)
	}
	kept := tables.of(after)
	if i := slices.IndexFunc(past, func(p Past) bool { return p.Tables > 0 && p.Pages > 0 }); i >= 0 {
		kept = 1.1 * float64(past[i].Tables) * after.pages / float64(past[i].Pages)
	}
	e.Tables = int64(kept + sorting.of(after))
	e.Retained = int64(r.o.Keep) * (e.Files + int64(kept))
	if s.events > pass { // the graph of a pass stays until that of the next is whole
		e.Files += int64(graphPage*after.pages + graphLink*after.links)
	}
	return e, nil
}

// measured takes the seconds of each phase from past runs, if there are any in which
// it was of a similar size: what the model says, times the median of what it was off
// by. It reports whether at least half of the time is known so.
func (e *Estimate) measured(past []Past, after size) bool {
	known := 0.0
	for _, p := range phases {
		place, now := e.Seconds.of(p), seconds[p].of(after)
		var off []float64
		for _, r := range past {
			then := seconds[p].of(size{float64(r.Pages), float64(r.Links), float64(r.Events)})
			if then < 10*now && now < 10*then {
				off = append(off, *r.Took.of(p)/then)
			}
		}
		if len(off) > 0 {
			slices.Sort(off)
			*place = now * off[len(off)/2]
			known += *place
		}
	}
	return 2*known >= e.Seconds.Total()
}
