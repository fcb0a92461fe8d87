package view

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"freshrank/serving"
)

// Keys implements [serving.KeyReader].
func (v *View) Keys(ctx context.Context) (serving.KeyRing, error) {
	rows, err := v.db.Query(ctx, "SELECT k.id, k.hash, k.scopes, coalesce(k.rate, 0), k.revoked_at IS NULL FROM api_key AS k")
	if err != nil {
		return serving.KeyRing{}, failure(ctx, "read keys", err)
	}
	ring := serving.KeyRing{Keys: map[serving.KeyHash]serving.Key{}}
	var (
		k     serving.Key
		hash  []byte
		valid bool
	)
	_, err = pgx.ForEachRow(rows, []any{&k.ID, &hash, &k.Scopes, &k.Rate, &valid}, func() error {
		ring.Ever = true
		if len(hash) != len(serving.KeyHash{}) {
			return fmt.Errorf("key %d has a hash of %d bytes", k.ID, len(hash))
		}
		if valid {
			ring.Keys[serving.KeyHash(hash)] = k
		}
		k.Scopes = nil
		return nil
	})
	if err != nil {
		return serving.KeyRing{}, failure(ctx, "read keys", err)
	}
	return ring, nil
}
