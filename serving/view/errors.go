package view

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"freshrank/serving"
)

// tableGone reports whether a table of the statement does not exist: its
// generation was dropped after the pair was read. A plan that was made before
// can fail on the dropped table's number instead of its name.
func tableGone(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return false
	}
	return pg.Code == "42P01" || pg.Code == "XX000" && strings.HasPrefix(pg.Message, "could not open relation")
}

// cutOff reports whether a statement took longer than it may.
func cutOff(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "57014"
}

// failure wraps an error of the database. Only what the server says about the
// statement itself, or what cannot be scanned, is a fault of ours; a connection that
// cannot be made, breaks or is refused may work the next time.
func failure(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, context.Cause(ctx))
	}
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	var scan pgx.ScanArgError
	if errors.As(err, &scan) || errors.As(err, &pg) && !errors.As(err, &connect) && !passing(pg.Code) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w: %w", what, serving.ErrUnavailable, err)
}

// passing lists the classes of server errors that pass by themselves.
func passing(code string) bool {
	switch {
	case strings.HasPrefix(code, "08"), // connection exception
		strings.HasPrefix(code, "53"),  // insufficient resources, too many connections
		strings.HasPrefix(code, "57P"), // shutdown, crash, starting up
		code == "55P03",                // lock not available
		code == "57014",                // query cancelled by statement_timeout
		code == "40001", code == "40P01":
		return true
	}
	return false
}
