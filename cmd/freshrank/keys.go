package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"freshrank/cmd/freshrank/internal/apikey"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/serving"
)

type keysCmd struct {
	Create keysCreateCmd `cmd:"" help:"Make a key and print it, this once."`
	List   keysListCmd   `cmd:"" help:"List all keys, revoked ones too."`
	Revoke keysRevokeCmd `cmd:"" help:"End a key for good."`
}

func (keysCmd) Help() string {
	return `A key is good for its scopes, none of which includes another: read (ranks, runs,
status, metrics), submit (events), admin (request and cancel batch runs). The API
follows within seconds. Its database has only the key's SHA-256.

The DSN must log in as the owner of the schema or as freshrank_keys. Without one:
the database of the data folder.

Example:

    freshrank keys create crawler-1 --scopes submit > crawler-1.key
    freshrank keys list
    freshrank keys revoke 1`
}

// KeysFlags are those of all three.
type KeysFlags struct {
	config.Common   `embed:"" group:"Common options:"`
	config.Database `embed:"" group:"Database options:"`
	JSON            bool `name:"json" help:"Print JSON."`
}

// with runs do on a connection that may administer keys.
func (k *KeysFlags) with(ctx context.Context, c *call, do func(*pgx.Conn) error) (err error) {
	log, err := c.logger(k.Common)
	if err != nil {
		return err
	}
	s, err := attachDatabase(ctx, k.Common, k.Database, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	conn, err := boot.Direct(s.direct, boot.KeysRole)(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	return do(conn)
}

type keysCreateCmd struct {
	KeysFlags `embed:""`
	Name      string   `arg:"" help:"Whose key it is, or what for; for the list."`
	Scopes    []string `required:"" placeholder:"SCOPE,..." help:"What it is good for: read, submit, admin; several with commas."`
	Rate      float64  `help:"Requests a second, a second's worth at once; by default what the API allows any key (--key-rate-limit)."`
}

func (keysCreateCmd) Help() string {
	return "Standard output is the key and nothing else.\n\nExample:\n\n    freshrank keys create crawler-1 --scopes submit --rate 50 > crawler-1.key\n    freshrank keys create ops --scopes read,admin"
}

func (k *keysCreateCmd) Run(ctx context.Context, c *call) error {
	want := apikey.Key{Name: strings.TrimSpace(k.Name)}
	if n := len([]rune(want.Name)); n < 1 || n > 200 || strings.ContainsFunc(want.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return boot.Usagef("name %q: must be 1 to 200 characters that are printed, such as crawler-1", k.Name)
	}
	for _, s := range serving.Scopes {
		if slices.Contains(k.Scopes, string(s)) {
			want.Scopes = append(want.Scopes, s)
		}
	}
	if len(want.Scopes) == 0 || len(want.Scopes) != len(k.Scopes) {
		return boot.Usagef("scopes %s: must be some of read, submit, admin, each once, such as read,submit", strings.Join(k.Scopes, ","))
	}
	if k.Rate != 0 {
		want.Rate = &k.Rate
	}
	if k.Rate != 0 && !(k.Rate >= 0.001 && k.Rate <= 1e6) {
		return boot.Usagef("rate %v: must lie between 0.001 and 1e6 requests a second", k.Rate)
	}
	return k.with(ctx, c, func(db *pgx.Conn) error {
		made, secret, err := apikey.Create(ctx, db, want)
		if err != nil {
			return err
		}
		if k.JSON {
			return json.NewEncoder(c.stdout).Encode(struct {
				apikey.Key
				Secret string `json:"key"`
			}{made, secret})
		}
		if _, err := fmt.Fprintln(c.stdout, secret); err != nil {
			return fmt.Errorf("key %d was made and could not be printed: revoke it and make another: %w", made.ID, err)
		}
		fmt.Fprintf(c.stderr, "key %d (%s) is good for %s; it is not shown again\n", made.ID, made.Name, scopes(made))
		return nil
	})
}

func scopes(k apikey.Key) string {
	var all []string
	for _, s := range k.Scopes {
		all = append(all, string(s))
	}
	return strings.Join(all, ",")
}

type keysListCmd struct {
	KeysFlags `embed:""`
}

func (keysListCmd) Help() string { return "Example:\n\n    freshrank keys list --json" }

func (k *keysListCmd) Run(ctx context.Context, c *call) error {
	return k.with(ctx, c, func(db *pgx.Conn) error {
		all, err := apikey.List(ctx, db)
		if err != nil {
			return err
		}
		if k.JSON {
			return json.NewEncoder(c.stdout).Encode(append([]apikey.Key{}, all...))
		}
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tSCOPES\tRATE\tCREATED\tREVOKED")
		for _, key := range all {
			revoked := "-"
			if key.RevokedAt != nil {
				revoked = key.RevokedAt.Format(time.RFC3339)
			}
			rate := "-"
			if key.Rate != nil {
				rate = fmt.Sprintf("%g/s", *key.Rate)
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", key.ID, key.Name, scopes(key), rate, key.CreatedAt.Format(time.RFC3339), revoked)
		}
		return w.Flush()
	})
}

type keysRevokeCmd struct {
	KeysFlags `embed:""`
	ID        int64 `arg:"" help:"As freshrank keys list shows it."`
}

func (keysRevokeCmd) Help() string { return "Example:\n\n    freshrank keys revoke 1" }

func (k *keysRevokeCmd) Run(ctx context.Context, c *call) error {
	return k.with(ctx, c, func(db *pgx.Conn) error {
		key, err := apikey.Revoke(ctx, db, k.ID)
		if errors.Is(err, apikey.ErrNoKey) {
			return boot.Usagef("key %d: there is none; `freshrank keys list` shows all", k.ID)
		}
		if err != nil {
			return err
		}
		if k.JSON {
			return json.NewEncoder(c.stdout).Encode(key)
		}
		fmt.Fprintf(c.stdout, "key %d (%s) is revoked\n", key.ID, key.Name)
		return nil
	})
}
