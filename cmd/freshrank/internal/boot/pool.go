package boot

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/cmd/freshrank/internal/priority"
)

// Role is what a layer may do in the database.
type Role string

// The roles that migrations make.
const (
	BatchRole   Role = "freshrank_batch"
	SpeedRole   Role = "freshrank_speed"
	ServingRole Role = "freshrank_serving"
	KeysRole    Role = "freshrank_keys"
)

// connectTimeout bounds one attempt; a DSN may say otherwise.
const connectTimeout = 10 * time.Second

// Pool returns a pool whose connections act as the role, whether the DSN logs in
// as it or as the owner. It does not connect yet.
func Pool(ctx context.Context, dsn string, role Role, conns int32) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, Usagef("database: is not a DSN; write postgres://user:password@host:5432/name")
	}
	cfg.MaxConns = max(cfg.MaxConns, conns)
	prepare(cfg.ConnConfig, role)
	// Who was paused in a transaction must not hold its locks for ever, that on the
	// lease among them.
	cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "30s"
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		yield(c, role)
		return become(ctx, c, role)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open pool for %s: %w", role, err)
	}
	return pool, nil
}

// Direct returns a function that opens single connections as the role, for
// advisory locks and notifications. The caller closes them.
func Direct(dsn string, role Role) func(context.Context) (*pgx.Conn, error) {
	return func(ctx context.Context) (*pgx.Conn, error) {
		cfg, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, Usagef("database: is not a DSN; write postgres://user:password@host:5432/name")
		}
		prepare(cfg, role)
		conn, err := pgx.ConnectConfig(ctx, cfg)
		if err != nil {
			return nil, fmt.Errorf("connect as %s: %w", role, err)
		}
		if err := become(ctx, conn, role); err != nil {
			_ = conn.Close(ctx)
			return nil, err
		}
		return conn, nil
	}
}

func prepare(cfg *pgx.ConnConfig, role Role) {
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = string(role)
	}
	if role == ServingRole && cfg.RuntimeParams["statement_timeout"] == "" {
		// Nobody waits for an answer for longer; Postgres would go on working on it.
		cfg.RuntimeParams["statement_timeout"] = "20000"
	}
	cfg.RuntimeParams["timezone"] = "UTC"
	// After a crash of this host, Postgres ends its sessions, and gives up the
	// locks that they hold, within a minute instead of two hours.
	cfg.RuntimeParams["tcp_keepalives_idle"] = "30"
	cfg.RuntimeParams["tcp_keepalives_interval"] = "10"
	cfg.RuntimeParams["tcp_keepalives_count"] = "3"
}

// behind is by how much nicer the processes of Postgres are that publish: readers come
// first. One still gets a tenth of a processor that others want all of.
const behind = 10

// yield lets Postgres' readers come first where it runs on this machine. Where that
// cannot be, or is not allowed, all are equal.
func yield(c *pgx.Conn, role Role) {
	if role == SpeedRole || role == BatchRole {
		_ = priority.LowerServer(c.PgConn().Conn(), c.PgConn().PID(), behind)
	}
}

// become switches the session to the role. It is no harm where the session has
// it already; where the login may not, the error of Postgres says so.
func become(ctx context.Context, c *pgx.Conn, role Role) error {
	if role == "" {
		return nil
	}
	set := "SET ROLE " + pgx.Identifier{string(role)}.Sanitize()
	if role == ServingRole {
		// Its statements ask for few rows by indexes, whatever the parameters are; to
		// plan one anew takes longer than to run it.
		set += "; SET plan_cache_mode = force_generic_plan"
	}
	if _, err := c.Exec(ctx, set); err != nil {
		return fmt.Errorf("switch to role %s (run `freshrank migrate up` first?): %w", role, err)
	}
	return nil
}
