package link

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// PageKey is the identity of a page outside any page table: the first 16 bytes
// of the SHA-256 of its canonical URL. The digest is cryptographic on purpose: a
// crafted URL must not take over another page's rank. In Postgres it is a uuid
// (pgx takes and fills a PageKey as it is), in Parquet a
// FIXED_LEN_BYTE_ARRAY(16), in the log the record's key.
type PageKey [16]byte

// KeyOf returns the key of the page with the given canonical URL.
func KeyOf[T string | []byte](canonicalURL T) PageKey {
	sum := sha256.Sum256([]byte(canonicalURL))
	return PageKey(sum[:16])
}

// KafkaKey returns the key under which e is written to the log: all events of a
// page go to one partition, in order.
func KafkaKey(e *Event) []byte {
	k := KeyOf(e.URL)
	return k[:]
}

// Compare orders keys as Postgres orders uuids: by their bytes.
func (k PageKey) Compare(l PageKey) int { return bytes.Compare(k[:], l[:]) }

// String returns k as a UUID in lower case.
func (k PageKey) String() string {
	var b [36]byte
	pos := 0
	for i, n := range [...]int{0, 4, 6, 8, 10} {
		end := [...]int{4, 6, 8, 10, 16}[i]
		if i > 0 {
			b[pos] = '-'
			pos++
		}
		pos += hex.Encode(b[pos:], k[n:end])
	}
	return string(b[:])
}

// ParsePageKey is the inverse of [PageKey.String]; upper case is taken too. The
// error is an [*InvalidError] with the field "page".
func ParsePageKey(s string) (PageKey, error) {
	var k PageKey
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		digits := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
		if _, err := hex.Decode(k[:], []byte(digits)); err == nil {
			return k, nil
		}
	}
	return PageKey{}, invalid("page", s, "must be a UUID, such as 2a1b4024-20ef-4657-7471-cdc7409b0fa2")
}
