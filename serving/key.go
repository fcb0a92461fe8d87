package serving

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Scope is one thing that an API key is good for. None includes another.
type Scope string

// The scopes.
const (
	ScopeRead   Scope = "read"   // ranks, runs, status, metrics
	ScopeSubmit Scope = "submit" // events
	ScopeAdmin  Scope = "admin"  // request and cancel batch runs
)

// Scopes are all there are.
var Scopes = []Scope{ScopeRead, ScopeSubmit, ScopeAdmin}

// A secret is what the holder of a key sends: 256 random bits in base64url
// behind a prefix, by which scanners find those that got into a repository.
const (
	secretPrefix = "freshrank_"
	secretBytes  = 32
)

// NewSecret makes up a secret.
func NewSecret() string {
	var b [secretBytes]byte
	rand.Read(b[:]) // never fails
	return secretPrefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// KeyHash is what is stored of a secret: its SHA-256. Against 2²⁵⁶ secrets,
// each as likely as any other, there is nothing that a salt or a slow hash, as
// passwords need, would add. Nor does a comparison in varying time tell
// anything: what is compared is the hash, which whoever sends a secret cannot
// steer.
type KeyHash [sha256.Size]byte

// HashSecret returns what would be stored of a secret; false if it is none.
func HashSecret(secret string) (KeyHash, bool) {
	text, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok || len(text) != base64.RawURLEncoding.EncodedLen(secretBytes) {
		return KeyHash{}, false
	}
	// The decoder passes over line ends, which leaves fewer bytes.
	if b, err := base64.RawURLEncoding.Strict().DecodeString(text); err != nil || len(b) != secretBytes {
		return KeyHash{}, false
	}
	return sha256.Sum256([]byte(secret)), true
}

// Key is what is known of an API key that is valid.
type Key struct {
	ID     int64 // not secret
	Scopes []Scope
	Rate   float64 // requests a second; 0: it has none of its own
}

// KeyRing is every valid key at one moment. It is not written to.
type KeyRing struct {
	Keys map[KeyHash]Key
	Ever bool // some key was made, valid or not
}

// KeyReader reads the keys. Errors are those of [Reader].
type KeyReader interface {
	Keys(ctx context.Context) (KeyRing, error)
}
