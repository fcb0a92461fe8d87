package api_test

import (
	"slices"
	"testing"

	"freshrank/serving/api"
)

// FuzzQuickLookup: what is read quickly is what is read thoroughly.
func FuzzQuickLookup(f *testing.F) {
	for _, body := range []string{
		`{"urls":["https://a.example/","b"]}`, " {\n\"urls\" :\t[ \"a\" , \"b\" ]\r} \n", `{"urls":[]}`, `{"urls":["a",]}`, `{"urls":["a"]}x`,
		`{"urls":["a"],"urls":["b"]}`, `{"urls":["\u0061"]}`, "{\"urls\":[\"\x7f\"]}", "{\"urls\":[\"é\"]}", `{"urls":["a" "b"]}`, `{"urls":["a"}`, `{"URLS":["a"]}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		quick, ok := api.QuickLookup(body)
		if !ok {
			return
		}
		thorough, err := api.ThoroughLookup([]byte(body))
		if err != nil || !slices.Equal(quick, thorough) {
			t.Errorf("%q: read quickly %q, thoroughly %q, %v", body, quick, thorough, err)
		}
	})
}
