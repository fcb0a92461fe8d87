package incremental

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// TestInsideSmallShards crosses the borders of shards all the time, changes ε up and down,
// and has changes handed out a few at a time: after every step everything is checked, and
// what was kept back is within the slack.
func TestInsideSmallShards(t *testing.T) {
	for seed := range tries(t, 25, 5) {
		rng := rand.New(rand.NewPCG(seed, 7))
		e := newEmpty(t, 0.01)
		e.opt.Workers = 1 + rng.IntN(4)
		e.width = 4
		for i := range e.shards {
			e.shards[i].first = link.Page(i * 4)
		}
		o := linkgraph.NewOverlay(nil)
		told := map[link.Page]float64{}
		for step := range 60 {
			at := fmt.Sprintf("seed %d step %d", seed, step)
			var changes []linkgraph.Change
			for range 1 + rng.IntN(20) {
				ev := randomEvent(rng, 70, 300)
				if c, ch := o.Apply(&ev); ch {
					changes = append(changes, c)
				}
			}
			e.Update(changes, o.State)
			inner(t, at+" set", e)
			switch rng.IntN(3) {
			case 0:
				e.Push(context.Background(), 1<<40)
			case 1:
				e.Push(context.Background(), int64(rng.IntN(300)))
			}
			if rng.IntN(2) == 0 {
				e.SetEpsilon(math.Pow(10, -0.5-5*rng.Float64()))
			}
			inner(t, at+" eps", e)
			e.Changed([]int{0, 3, 20, math.MaxInt}[rng.IntN(4)], func(p link.Page, s Served) {
				if delete(told, p); s.HasX {
					told[p] = s.X
				}
			})
			inner(t, at+" changed", e)
			slack := e.Certificate().Slack
			for p := range link.Page(len(e.nodes)) {
				now := e.Page(p)
				y, ok := told[p]
				if ok != now.HasX || ok && math.Abs(now.X-y) > slack*y*(1+1e-12) {
					t.Fatal(at, p, ok, now, y, slack)
				}
			}
		}
	}
}
