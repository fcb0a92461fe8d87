package verify

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// Served is all that serving would say, as of one moment.
type Served struct {
	Generation, View, Sequence int64
	Offsets                    link.Offsets // every record before is included
	Policy                     link.RelPolicy
	Certificate                pagerank.Certificate
	Rows                       map[link.PageKey]Row
}

// ErrNothing is returned where no generation has been published.
var ErrNothing = errors.New("no generation is published yet: nothing is served that could be verified")

// Read reads the pair of generation and overlay that answers are made from, in
// one snapshot of the database. It holds the rule of which pair that is in its
// own words.
func Read(ctx context.Context, conn *pgx.Conn) (s *Served, err error) {
	// Written down again on purpose: see the package comment.
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, conn, options, func(tx pgx.Tx) error {
		s, err = read(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is served: %w", err)
	}
	return s, nil
}

func read(ctx context.Context, tx pgx.Tx) (*Served, error) {
	s := &Served{Rows: map[link.PageKey]Row{}}
	var cut []int64
	err := tx.QueryRow(ctx, `
		SELECT g.generation, g.cut
		  FROM batch_pointer AS p JOIN batch_generation AS g ON g.generation = p.generation`).Scan(&s.Generation, &cut)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNothing
	}
	if err != nil {
		return nil, err
	}
	s.Offsets = cut
	if err := s.view(ctx, tx); err != nil {
		return nil, err
	}
	if err := s.parameters(ctx, tx); err != nil {
		return nil, err
	}
	// The generation's rows first: those of the overlay replace them.
	if err := s.rows(ctx, tx, fmt.Sprintf(`SELECT page, url, status, target, x FROM batch_rank_%d`, s.Generation)); err != nil {
		return nil, err
	}
	return s, s.rows(ctx, tx, `SELECT page, url, status, target, x FROM speed_rank WHERE view = $1`, s.View)
}

// view looks whether the speed layer's view is used: it must stand on the active
// generation, or cover all that this one covers.
func (s *Served) view(ctx context.Context, tx pgx.Tx) error {
	var view, generation, sequence int64
	var offsets []int64
	c := pagerank.Certificate{}
	err := tx.QueryRow(ctx, `
		SELECT v.view, v.generation, v.sequence, v.offsets,
		       v.damping, v.pages, v.sum, v.dangling, v.plus, v.minus, v.epsilon_plus, v.epsilon_minus, v.slack
		  FROM speed_pointer AS p JOIN speed_view AS v ON v.view = p.view`).Scan(
		&view, &generation, &sequence, &offsets,
		&c.Damping, &c.Pages, &c.Sum, &c.Dangling, &c.Plus, &c.Minus, &c.EpsilonPlus, &c.EpsilonMinus, &c.Slack)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if generation == s.Generation || link.Offsets(offsets).Covers(s.Offsets) {
		s.View, s.Generation, s.Sequence, s.Certificate = view, generation, sequence, c
		s.Offsets = link.Offsets(offsets).Max(s.Offsets) // what the generation covers is in the view
	}
	return nil
}

// parameters reads the rel policy of the generation and, where no view is used,
// its certificate.
func (s *Served) parameters(ctx context.Context, tx pgx.Tx) error {
	c := pagerank.Certificate{}
	err := tx.QueryRow(ctx, `
		SELECT parameters->>'rel_policy',
		       damping, pages, sum, dangling, plus, minus, epsilon_plus, epsilon_minus
		  FROM batch_generation WHERE generation = $1`, s.Generation).Scan(
		&s.Policy, &c.Damping, &c.Pages, &c.Sum, &c.Dangling, &c.Plus, &c.Minus, &c.EpsilonPlus, &c.EpsilonMinus)
	if s.View == 0 {
		s.Certificate = c
	}
	return err
}

func (s *Served) rows(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var (
		page   link.PageKey
		row    Row
		target *link.PageKey
		x      *float64

		statuses = map[string]string{}
	)
	_, err = pgx.ForEachRow(rows, []any{(*[16]byte)(&page), &row.URL, &row.Status, &target, &x}, func() error {
		r := row
		if s, ok := statuses[row.Status]; ok { // one copy of each
			r.Status = s
		}
		statuses[r.Status] = r.Status
		if target != nil {
			r.Target = *target
		}
		if x != nil {
			r.X, r.HasX = *x, true
		}
		s.Rows[page] = r
		return nil
	})
	return err
}
