package link

import (
	"testing"

	"pgregory.net/rapid"
)

func TestOffsets(t *testing.T) {
	o := Offsets{5, 0, 7}
	for p, want := range map[int]int64{-1: 0, 0: 5, 2: 7, 3: 0} {
		if got := o.At(p); got != want {
			t.Errorf("partition %d at %d, want %d", p, got, want)
		}
	}
	for _, c := range []struct {
		q              Offsets
		covers, within bool
		behind         int64
	}{
		{nil, true, false, 0},
		{Offsets{5, 0, 7}, true, true, 0},
		{Offsets{5, 0, 7, 0}, true, true, 0},
		{Offsets{5}, true, false, 0},
		{Offsets{6}, false, false, 1},
		{Offsets{6, 1, 7, 3}, false, true, 5},
	} {
		if o.Covers(c.q) != c.covers || c.q.Covers(o) != c.within || o.Behind(c.q) != c.behind {
			t.Errorf("%v and %v: covers %v, within %v, behind %d", o, c.q, o.Covers(c.q), c.q.Covers(o), o.Behind(c.q))
		}
	}
	for want, o := range map[string]Offsets{"start": nil, "0:5 2:7": o, "1:1": {0, 1}} {
		if o.String() != want {
			t.Errorf("got %s, want %s", o, want)
		}
	}
	if c := o.Clone(); !c.Equal(o) || &c[0] == &o[0] || Offsets(nil).Clone() != nil {
		t.Error("a clone is not an equal copy")
	}
}

func TestOffsetsAreALattice(t *testing.T) {
	vector := rapid.Custom(func(t *rapid.T) Offsets {
		return rapid.SliceOfN(rapid.Int64Range(0, 3), 0, 4).Draw(t, "offsets")
	})
	rapid.Check(t, func(t *rapid.T) {
		o, q := vector.Draw(t, "o"), vector.Draw(t, "q")
		m := o.Max(q)
		if !m.Covers(o) || !m.Covers(q) || !m.Equal(q.Max(o)) || !m.Max(o).Equal(m) {
			t.Errorf("maximum of %v and %v is %v", o, q, m)
		}
		if o.Covers(q) != m.Equal(o) || (o.Behind(q) == 0) != o.Covers(q) {
			t.Errorf("%v and %v: maximum %v, %d behind", o, q, m, o.Behind(q))
		}
	})
}
