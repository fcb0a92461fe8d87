package view

// Holds reports whether the generation is in memory.
func (v *View) Holds(generation int64) bool { return v.held.all()[generation] != nil }

// Wake has Hold look again.
func (v *View) Wake() { v.held.wake() }
