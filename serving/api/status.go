package api

import (
	"context"
	"math"
	"time"

	"freshrank/serving"
)

// Generation is one publication of the batch layer.
type Generation struct {
	Generation  int64          `json:"generation"`
	Active      bool           `json:"active" doc:"The newest one, from which answers are made or are about to be."`
	Retained    bool           `json:"retained" doc:"Its ranks are still stored."`
	Run         string         `json:"run" doc:"The run that made it."`
	PublishedAt time.Time      `json:"published_at"`
	AsOf        time.Time      `json:"as_of" doc:"When its cut was taken."`
	Cut         []int64        `json:"cut" nullable:"false" doc:"By partition of the log: all records before this offset are in it, none after."`
	Pages       int            `json:"pages" doc:"Pages with a rank."`
	KnownPages  int64          `json:"known_pages" doc:"Pages, ranked or not."`
	Links       int64          `json:"links" doc:"Links that carry rank."`
	Sweeps      int            `json:"sweeps" doc:"Passes over all links that it took."`
	Sum         float64        `json:"sum" doc:"Sum of all served x, by which each is divided to give its rank."`
	XMax        float64        `json:"x_max" doc:"Greatest served x."`
	Bounds      Bounds         `json:"bounds"`
	Damping     float64        `json:"damping"`
	Parameters  map[string]any `json:"parameters" doc:"What else it was made with."`
}

// Bounds says how far from the truth the ranks can be.
type Bounds struct {
	Epsilon float64  `json:"epsilon" doc:"Every page's true x is within this part of itself of the computed one."`
	L1      *float64 `json:"l1,omitempty" doc:"The errors of all ranks add up to no more; absent while the slack is so great that nothing bounds them."`
	Sum     Interval `json:"sum" doc:"The true sum of all x lies within."`
	Slack   float64  `json:"slack" doc:"Part by which a served x may differ from the computed one: the speed layer does not write smaller changes."`
	Drift   float64  `json:"drift" doc:"How far the conservation law is from holding; more than rounding is a fault."`
}

func boundsOf(s *serving.Snapshot) Bounds {
	c := s.Certificate
	low, high := c.SumBounds()
	b := Bounds{Epsilon: c.Epsilon(), Sum: Interval{low, high}, Slack: c.Slack, Drift: c.Drift()}
	if l1 := c.L1(); !math.IsInf(l1, 1) { // JSON has no infinity
		b.L1 = &l1
	}
	return b
}

func generationOf(g serving.Generation) Generation {
	return Generation{
		Generation: g.Generation, Active: g.Active, Retained: g.Retained, Run: g.Run,
		PublishedAt: g.PublishedAt, AsOf: g.AsOf, Cut: append([]int64{}, g.Cut...), Pages: g.Certificate.Pages,
		KnownPages: g.KnownPages, Links: g.Links, Sweeps: g.Sweeps, Sum: g.Certificate.ServedSum(), XMax: g.XMax,
		Bounds:  boundsOf(&serving.Snapshot{Certificate: g.Certificate}),
		Damping: g.Certificate.Damping, Parameters: g.Parameters,
	}
}

func (s *Server) generations(ctx context.Context, in *listInput) (*listOutput[Generation], error) {
	var before int64
	if in.Cursor != "" {
		var err error
		if before, err = decodeGeneration(in.Cursor); err != nil {
			return nil, err
		}
	}
	list, err := s.reader.Generations(ctx, in.Limit+1, before)
	if err != nil {
		return nil, err
	}
	return page(in.Limit, list, generationOf, func(g serving.Generation) string { return encodeGeneration(g.Generation) }), nil
}

// Status is the state of the whole. Before the first generation only ready is
// there.
type Status struct {
	Ready      bool       `json:"ready" doc:"Ranks can be given."`
	Generation int64      `json:"generation,omitempty" doc:"The generation that answers are built on."`
	Newest     int64      `json:"newest_generation,omitempty" doc:"Another one than generation only while the speed layer moves to it."`
	View       int64      `json:"view,omitempty" doc:"The speed layer's view over it; absent if it is not used."`
	Sequence   int64      `json:"sequence,omitempty" doc:"Publishes of that view so far."`
	AsOf       *time.Time `json:"as_of,omitempty" doc:"All events up to this time are in the answers."`
	Lag        *Lag       `json:"lag,omitempty"`
	Offsets    *Offsets   `json:"offsets,omitempty"`
	Pages      int        `json:"pages,omitempty" doc:"Pages with a rank."`
	Links      int64      `json:"links,omitempty" doc:"Links that carry rank."`
	Sum        float64    `json:"sum,omitempty" doc:"Sum of all served x."`
	XMax       float64    `json:"x_max,omitempty" doc:"Greatest served x."`
	Target     *float64   `json:"epsilon_target,omitempty" doc:"What the speed layer aims at now; it rises under load."`
	Bounds     *Bounds    `json:"bounds,omitempty"`
	Damping    float64    `json:"damping,omitempty"`
	// What is counted as a link, a URL, a domain is the generation's.
	Policy map[string]any `json:"policy,omitempty" doc:"Parameters of the generation: rel, URL and domain policy among them."`
	Speed  *Speed         `json:"speed,omitempty" doc:"What the speed layer last said of itself; absent if it never has."`
}

// Lag is how far the answers trail the log.
type Lag struct {
	Seconds float64 `json:"seconds"`
	Events  *int64  `json:"events,omitempty" doc:"Records of the log that are not in the answers; absent if its end is not known."`
}

// Offsets are positions in the log: by partition, the offset that comes next.
type Offsets struct {
	Covered []int64 `json:"covered" nullable:"false" doc:"By the newest generation."`
	Applied []int64 `json:"applied" nullable:"false" doc:"By the answers."`
	End     []int64 `json:"end,omitempty" doc:"End of the log when the speed layer last looked."`
}

// Speed is the state of the speed layer.
type Speed struct {
	Used        bool      `json:"used" doc:"Answers are made with its view."`
	View        int64     `json:"view"`
	Generation  int64     `json:"generation"`
	Sequence    int64     `json:"sequence"`
	PublishedAt time.Time `json:"published_at" doc:"When it last published."`
	Events      int64     `json:"events" doc:"Applied since its generation's cut."`
	DeadLetters int64     `json:"dead_letters" doc:"Set aside since its generation's cut."`
}

type statusOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Status
}

func (s *Server) status(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	h, err := s.reader.Health(ctx)
	if err != nil {
		return nil, err
	}
	return &statusOutput{"no-store", statusOf(&h)}, nil
}

func statusOf(h *serving.Health) Status {
	if !h.Ready {
		return Status{}
	}
	bounds := boundsOf(&h.Snapshot)
	out := Status{
		Ready: true, Generation: h.Generation, Newest: h.Active.Generation, View: h.View, Sequence: h.Sequence,
		AsOf: &h.AsOf, Lag: &Lag{Seconds: seconds(h.Lag)},
		Offsets: &Offsets{Covered: append([]int64{}, h.Active.Cut...), Applied: append([]int64{}, h.Applied...), End: h.End},
		Pages:   h.Certificate.Pages, Links: h.Links, Sum: h.Certificate.ServedSum(), XMax: h.XMax,
		Bounds: &bounds, Damping: h.Certificate.Damping, Policy: h.Parameters,
	}
	if h.View != 0 {
		out.Target = &h.EpsilonAim
	}
	if sp := h.Speed; sp != nil {
		events := h.Applied.Behind(h.End)
		out.Lag.Events = &events
		out.Speed = &Speed{sp.Used, sp.View, sp.Generation, sp.Sequence, sp.PublishedAt, sp.Events, sp.DeadLetters}
	}
	return out
}
