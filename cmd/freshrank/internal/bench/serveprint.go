package bench

import (
	"fmt"
	"io"
	"strings"
)

// Print writes the report for people.
func (r *ServeReport) Print(w io.Writer) {
	fmt.Fprintf(w, "%s, %d URLs, load average %.1f … %.1f\n", r.API, r.URLs, r.Load[0], r.Load[1])
	for _, name := range ServeStages {
		s, ok := r.Stage[name]
		if !ok {
			continue
		}
		fmt.Fprintf(w, "%-9s %8.0f answers/s", name, s.Answered)
		if s.KeysPerSecond > 0 {
			fmt.Fprintf(w, ", %.0f keys/s", s.KeysPerSecond)
		}
		if s.Offered > 0 {
			fmt.Fprintf(w, " of %.0f", s.Offered)
		}
		if l := s.Latency; l != nil {
			fmt.Fprintf(w, "; ms: p50 %.2f, p99 %.2f, p99.9 %.2f, most %.1f", l.P50, l.P99, l.P999, l.Max)
		}
		if name != "livez" && s.ToLivez > 0 {
			fmt.Fprintf(w, "; %.3f of livez", s.ToLivez)
		}
		if !s.Good() {
			fmt.Fprintf(w, "; %s", strings.TrimPrefix(fmt.Sprint(s.Status), "map"))
		}
		if l := s.Shed; l != nil {
			fmt.Fprintf(w, ", refused in p50 %.2f, p99 %.2f", l.P50, l.P99)
		}
		if len(s.Errors) > 0 {
			fmt.Fprintf(w, ", errors %v", s.Errors)
		}
		if s.Wrong > 0 {
			fmt.Fprintf(w, ", %d of %d WRONG: %s", s.Wrong, s.Checked, s.WrongFirst)
		}
		fmt.Fprintln(w)
	}
	if f := r.Feed; f != nil {
		fmt.Fprintf(w, "feed      %.0f events/s of %.0f taken, %.0f applied, %d behind at the end, %d requests failed %s\n",
			f.Accepted, f.Offered, f.Applied, f.Behind, f.Failed, f.First)
	}
}
