package pageranktest

import (
	"context"
	"testing"
)

// TestMasterProperty: batch(o) + speed(o..p) equals batch(p), and the truth,
// within the stated intervals, on 400 random event sequences; and without pushes
// it does not.
func TestMasterProperty(t *testing.T) {
	const sequences = 400
	var worst MasterReport
	powerless, compared := 0, 0
	for seed := range uint64(sequences) {
		r, err := Master(context.Background(), seed)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		compared += r.Compared
		worst.Error, worst.Used = max(worst.Error, r.Error), max(worst.Used, r.Used)
		if r.Unpushed == 0 {
			powerless++
		}
	}
	t.Logf("%d sequences, %d pages compared, greatest relative error %.2g, at most %.3f of an interval used; without pushes %d sequences fail",
		sequences, compared, worst.Error, worst.Used, sequences-powerless)
	if worst.Used > 1 || compared < 10*sequences {
		t.Errorf("%.3f of an interval used, %d pages compared", worst.Used, compared)
	}
	if powerless > sequences/2 {
		t.Errorf("with pushes switched off %d of %d sequences still pass: the intervals are too wide to tell", powerless, sequences)
	}
}
