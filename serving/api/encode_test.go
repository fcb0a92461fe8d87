package api_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"freshrank/serving/api"
)

// FuzzEncode: answers that write themselves do so as encoding/json would.
func FuzzEncode(f *testing.F) {
	f.Add("https://a.example/", "ranked", 1.5, 3e-7, int64(7), int64(1e18), uint16(0xffff))
	f.Add(`https://a.example/"<\é`+"\x00\xff\u2028", "invalid", 1e21, -1e-6, int64(0), int64(-1), uint16(0))
	f.Add("", "", 5e-324, -1.7976931348623157e308, int64(-1), int64(1_777_000_000_500_000_000), uint16(0x5555))
	f.Fuzz(func(t *testing.T, url, status string, x, y float64, generation, at int64, has uint16) {
		if math.IsNaN(x+y) || math.IsInf(x, 0) || math.IsInf(y, 0) {
			t.Skip("no answer has such a number")
		}
		r := api.Rank{URL: url, Status: status, Generation: generation}
		some := func(bit int) bool { return has>>bit&1 == 1 }
		for i, p := range []**float64{&r.Rank, &r.X, &r.Score, &r.Percentile, &r.Base, &r.Delta, &r.LagSeconds} {
			if v := x * math.Pow(10, float64(3*i)); some(i) && !math.IsInf(v, 0) {
				*p = &v
			}
		}
		if some(7) {
			r.Interval = &api.Interval{Low: x, High: y}
		}
		if some(8) {
			r.Target = &api.Target{Page: status, URL: url}
		}
		if some(9) {
			r.Error = &api.Fault{Field: "url", Value: url, Index: new(int)}
		}
		if some(10) {
			asOf := time.Unix(0, at).UTC()
			r.AsOf = &asOf
		}
		if some(11) {
			r.Page = url
		}
		for _, v := range []any{&r, api.Ranks{Items: []api.Rank{r, {}, r}}, api.Ranks{Items: []api.Rank{}}} {
			var got, want bytes.Buffer
			encoder := json.NewEncoder(&want)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(v); err != nil {
				t.Fatal(err)
			}
			if err := api.JSONFormat.Marshal(&got, v); err != nil {
				t.Fatal(err)
			}
			if got.String() != want.String() {
				t.Errorf("%s\nwant %s", got.String(), want.String())
			}
		}
	})
}
