package speed_test

import (
	"strings"
	"testing"

	"freshrank/speed"
)

func TestOptions(t *testing.T) {
	_, err := speed.New(speed.Options{EpsilonMin: 0.5, EpsilonMax: 0.1})
	if err == nil {
		t.Fatal("nonsense is accepted")
	}
	for _, part := range []string{"log, view and loader", "epsilon from 0.5 to 0.1"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q: %v", part, err)
		}
	}
}
