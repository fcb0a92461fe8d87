package incremental

import "freshrank/pagerank/link"

// fetch brings pages into the cache, none of them waiting for another, before work on
// them begins that branches on what they hold: a branch that was not foreseen waits
// for the memory, and all that comes after it.
func (s *shard) fetch(pages []uint32) {
	sum := 0.0
	for _, v := range pages {
		sum += s.e.residuals[v].r
	}
	s.fetched = sum // or the compiler would see through it
}

// ahead is for how many pages fetchRows is worth while.
const ahead = 32

// fetchRows fetches what pushes of the given pages, ahead at most, will need, and returns
// how many they are. It goes through them again and again, so that what is waited for in
// one pass does not wait for another thing that the same pass asks for.
func (s *shard) fetchRows(pages []link.Page) int {
	sum := 0.0
	for _, p := range pages {
		sum += s.e.nodes[p].x + s.e.residuals[p].r
	}
	var places [ahead]uint32
	for i, p := range pages {
		if s.e.nodes[p].flags&isChanged != 0 {
			places[i] = s.rows.at.get(p - s.first)
		}
	}
	var rows [ahead][]uint32
	for i, p := range pages {
		if s.e.nodes[p].flags&isChanged != 0 {
			rows[i] = s.rows.row(places[i])
		} else {
			rows[i] = s.row(p)
		}
	}
	targets := uint32(0)
	for i, row := range rows[:len(pages)] {
		if len(row) == 0 {
			continue
		}
		targets += row[len(row)-1]
		rows[i] = row[:min(len(row), run)]
		for k := 0; k < len(rows[i]); k += 16 { // a cache line has as many
			targets += row[k]
		}
	}
	for _, row := range rows[:len(pages)] {
		if len(row) > 0 && s.e.number(link.Page(row[0])) == s.number {
			for _, v := range row[:s.e.within(row, s.number)] { // others may be writing to theirs
				sum += s.e.residuals[v].r
			}
		}
	}
	s.fetched = sum + float64(targets)
	return len(pages)
}
