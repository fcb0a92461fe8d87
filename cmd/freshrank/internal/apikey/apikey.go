// Package apikey administers API keys: it makes them, lists them, and revokes
// them. A key is a row of the table api_key; the API reads it within seconds. Its
// secret leaves [Create] once and is stored nowhere.
package apikey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/serving"
)

// Key is a row.
type Key struct {
	ID        int64           `json:"id"`
	Name      string          `json:"name"`
	Scopes    []serving.Scope `json:"scopes"`
	Rate      *float64        `json:"rate,omitempty"` // requests a second; nil: what the API allows any key
	CreatedAt time.Time       `json:"created_at"`
	RevokedAt *time.Time      `json:"revoked_at,omitempty"`
}

// ErrNoKey: there is no key with this id.
var ErrNoKey = errors.New("no such key")

// Create makes a key with k's name, scopes and rate, and returns it with its secret.
// The connection must act as the role for keys, here and below.
func Create(ctx context.Context, db *pgx.Conn, k Key) (Key, string, error) {
	secret := serving.NewSecret()
	hash, _ := serving.HashSecret(secret)
	err := db.QueryRow(ctx, "INSERT INTO api_key (hash, name, scopes, rate) VALUES ($1, $2, $3, $4) RETURNING id, created_at",
		hash[:], k.Name, k.Scopes, k.Rate).Scan(&k.ID, &k.CreatedAt)
	if err != nil {
		return Key{}, "", fmt.Errorf("create key: %w", err)
	}
	k.CreatedAt = k.CreatedAt.UTC()
	return k, secret, nil
}

const columns = "k.id, k.name, k.scopes, k.rate, k.created_at, k.revoked_at"

func scan(row pgx.CollectableRow) (Key, error) {
	var k Key
	err := row.Scan(&k.ID, &k.Name, &k.Scopes, &k.Rate, &k.CreatedAt, &k.RevokedAt)
	k.CreatedAt = k.CreatedAt.UTC()
	if k.RevokedAt != nil {
		at := k.RevokedAt.UTC()
		k.RevokedAt = &at
	}
	return k, err
}

// List returns every key, those that were revoked included, in the order of id.
func List(ctx context.Context, db *pgx.Conn) ([]Key, error) {
	rows, err := db.Query(ctx, "SELECT "+columns+" FROM api_key AS k ORDER BY k.id")
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	all, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return all, nil
}

// Revoke ends a key for good and returns it, or [ErrNoKey]. One that was revoked
// before keeps its time.
func Revoke(ctx context.Context, db *pgx.Conn, id int64) (Key, error) {
	rows, err := db.Query(ctx, "UPDATE api_key AS k SET revoked_at = coalesce(k.revoked_at, now()) WHERE k.id = $1 RETURNING "+columns, id)
	if err != nil {
		return Key{}, fmt.Errorf("revoke key %d: %w", id, err)
	}
	k, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrNoKey
	}
	if err != nil {
		return Key{}, fmt.Errorf("revoke key %d: %w", id, err)
	}
	return k, nil
}
