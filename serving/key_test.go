package serving_test

import (
	"strings"
	"testing"

	"freshrank/serving"
)

func TestSecrets(t *testing.T) {
	seen := map[serving.KeyHash]bool{}
	for range 1000 {
		s := serving.NewSecret()
		hash, ok := serving.HashSecret(s)
		if !ok || seen[hash] || len(s) != len("freshrank_")+43 {
			t.Fatalf("secret %q: valid %v, seen before %v", s, ok, seen[hash])
		}
		seen[hash] = true
	}
	zero := "freshrank_" + strings.Repeat("A", 43)
	if _, ok := serving.HashSecret(zero); !ok {
		t.Error("256 zero bits are a secret like any other")
	}
	for _, s := range []string{"", "freshrank_", zero[:52], zero + "A", zero[:52] + "B", zero[:52] + "=", " " + zero, strings.ToUpper(zero), zero[:30] + "\n" + zero[30:], zero[:30] + "\n" + zero[31:]} {
		if _, ok := serving.HashSecret(s); ok {
			t.Errorf("%q is taken for a secret", s)
		}
	}
}
