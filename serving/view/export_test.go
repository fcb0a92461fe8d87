package view

import "time"

// Holds reports whether the generation is in memory, under whichever run.
func (v *View) Holds(generation int64) bool {
	for id := range v.held.all() {
		if id.number == generation {
			return true
		}
	}
	return false
}

// Wake has Hold look again.
func (v *View) Wake() { v.held.wake() }

// SetAgain says how long a generation that could not be loaded is left alone.
func (v *View) SetAgain(d time.Duration) { v.held.again = d }
