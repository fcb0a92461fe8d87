package verify

import (
	"strings"
	"testing"
)

func TestRandom(t *testing.T) {
	r, err := Random(t.Context(), 50, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	r.Print(&out)
	t.Log(out.String())
	if !r.OK() {
		t.Fatal("the master property does not hold")
	}
	if r.Unpushed < r.Sequences/3 {
		t.Errorf("only %d of %d sequences fail with the pushes switched off", r.Unpushed, r.Sequences)
	}
}
