package view

import (
	"context"

	"github.com/jackc/pgx/v5"

	"freshrank/pagerank/link"
	"freshrank/speed"
)

// headerArgs names what both statements below write.
func headerArgs(p speed.Publication) pgx.NamedArgs {
	h, c := p.Header, p.Header.Certificate
	return pgx.NamedArgs{
		"view": p.View, "generation": h.Generation, "epoch": p.Epoch, "sequence": h.Sequence,
		"offsets": offsets(h.Offsets), "end_offsets": offsets(h.End), "as_of": h.AsOf,
		"events": h.Events, "dead_letters": h.DeadLetters, "epsilon_target": h.Epsilon, "links": h.Links,
		"damping": c.Damping, "pages": c.Pages, "sum": c.Sum, "dangling": c.Dangling, "plus": c.Plus, "minus": c.Minus,
		"epsilon_plus": c.EpsilonPlus, "epsilon_minus": c.EpsilonMinus, "slack": c.Slack, "x_max": h.XMax,
	}
}

// offsets is never null, also before the first record.
func offsets(o link.Offsets) []int64 {
	if o == nil {
		return []int64{}
	}
	return o
}

func insertHeader(ctx context.Context, tx pgx.Tx, p speed.Publication) (view int64, err error) {
	err = tx.QueryRow(ctx, `
		INSERT INTO speed_view (generation, epoch, sequence, offsets, end_offsets, as_of, events, dead_letters,
		  epsilon_target, links, damping, pages, sum, dangling, plus, minus, epsilon_plus, epsilon_minus, slack, x_max)
		VALUES (@generation, @epoch, @sequence, @offsets, @end_offsets, @as_of, @events, @dead_letters,
		  @epsilon_target, @links, @damping, @pages, @sum, @dangling, @plus, @minus, @epsilon_plus, @epsilon_minus, @slack, @x_max)
		RETURNING view`, headerArgs(p)).Scan(&view)
	return view, err
}

func updateHeader(ctx context.Context, tx pgx.Tx, p speed.Publication) error {
	tag, err := tx.Exec(ctx, `
		UPDATE speed_view SET published_at = now(), epoch = @epoch, sequence = @sequence,
		  offsets = @offsets, end_offsets = @end_offsets, as_of = @as_of, events = @events, dead_letters = @dead_letters,
		  epsilon_target = @epsilon_target, links = @links, damping = @damping, pages = @pages, sum = @sum,
		  dangling = @dangling, plus = @plus, minus = @minus, epsilon_plus = @epsilon_plus, epsilon_minus = @epsilon_minus,
		  slack = @slack, x_max = @x_max
		WHERE view = @view AND generation = @generation`, headerArgs(p))
	if err == nil && tag.RowsAffected() == 0 {
		return speed.ErrNoView
	}
	return err
}
