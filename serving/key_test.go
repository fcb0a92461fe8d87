package serving_test

import (
	"fmt"
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
	// What is stored is the SHA-256, as sha256sum prints it, of all of the secret.
	if hash, _ := serving.HashSecret("freshrank_" + strings.Repeat("A", 43)); fmt.Sprintf("%x", hash) != "1b5ec3d51506c833a2d2419d4551898e48326f267f5103428b6a5dbba1b49f1c" {
		t.Errorf("the hash is %x", hash)
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
