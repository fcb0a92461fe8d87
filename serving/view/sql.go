package view

import (
	"fmt"

	"freshrank/pagerank/link"
)

// headColumns and headFrom read the head. There is always exactly one row; what
// is missing reads as zero. Runs are looked up one by one: of a join Postgres may make
// a walk through all generations there ever were.
const (
	headColumns = `
  coalesce(bp.generation, 0), coalesce((SELECT g.run::text FROM batch_generation AS g WHERE g.generation = bp.generation), ''),
  coalesce(v.view, 0), coalesce(v.generation, 0), coalesce((SELECT g.run::text FROM batch_generation AS g WHERE g.generation = v.generation), ''),
  coalesce(v.sequence, 0),
  coalesce(v.offsets, '{}'), coalesce(v.end_offsets, '{}'), coalesce(v.as_of, 'epoch'), coalesce(v.published_at, 'epoch'),
  coalesce(v.events, 0), coalesce(v.dead_letters, 0), coalesce(v.epsilon_target, 0), coalesce(v.links, 0),
  coalesce(v.damping, 0), coalesce(v.pages, 0), coalesce(v.sum, 0), coalesce(v.dangling, 0), coalesce(v.plus, 0),
  coalesce(v.minus, 0), coalesce(v.epsilon_plus, 0), coalesce(v.epsilon_minus, 0), coalesce(v.slack, 0), coalesce(v.x_max, 0)`
	headFrom = `
  (VALUES (1)) AS one (row)
  LEFT JOIN batch_pointer AS bp ON true
  LEFT JOIN speed_pointer AS sp ON true
  LEFT JOIN speed_view AS v ON v.view = sp.view`
)

// scan returns the places for headColumns; call done after the scan.
func (h *head) scan() (dest []any, done func()) {
	var c certificate
	var offsets, end []int64
	dest = []any{
		&h.active.number, &h.active.run, &h.speed.View, &h.under.number, &h.under.run, &h.speed.Sequence,
		&offsets, &end, &h.snap.AsOf, &h.speed.PublishedAt,
		&h.speed.Events, &h.speed.DeadLetters, &h.epsilonAim, &h.links,
		&c.damping, &c.pages, &c.sum, &c.dangling, &c.plus,
		&c.minus, &c.epsilonPlus, &c.epsilonMinus, &c.slack, &h.snap.XMax,
	}
	return dest, func() {
		h.applied, h.end = link.Offsets(offsets), link.Offsets(end)
		h.snap.AsOf, h.speed.PublishedAt = h.snap.AsOf.UTC(), h.speed.PublishedAt.UTC()
		h.snap.Certificate, h.speed.Generation = c.of(), h.under.number
	}
}

// statement puts head and rows together. rows selects columns c1 … cn, one row
// per element; order says how they are ordered, "" that they need not be.
func statement(columns int, rows, order string) string {
	arrays, names := "", ""
	if order != "" {
		order = " ORDER BY " + order
	}
	for i := 1; i <= columns; i++ {
		if i > 1 {
			arrays, names = arrays+", ", names+", "
		}
		arrays += fmt.Sprintf("array_agg(c%d%s) AS a%d", i, order, i)
		names += fmt.Sprintf("a.a%d", i)
	}
	return "SELECT" + headColumns + ",\n  " + names +
		"\nFROM" + headFrom + "\nCROSS JOIN (SELECT " + arrays + "\nFROM (" + rows + ") AS r) AS a"
}
