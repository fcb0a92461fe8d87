package pagerank

import "math"

// Certificate bounds the error of a published vector x̃ = x̂ + r by what is
// known of its residual r = (1−α)·1 + αPᵀx̂ − x̂ alone; no reference solution is
// involved. Every bound holds for any x̂ ≥ 0, however far from the solution x. It
// speaks of the links P that r was computed for: take it when no change of links
// is half applied.
//
// With ε⁺ = max r⁺/(1−α) and ε⁻ = max r⁻/(1−α), and because (I−αPᵀ)⁻¹ is
// non-negative and maps (1−α)·1 to x (package incremental divides by more than 1−α where
// many links lead to a page; what follows is the same),
//
//	−ε⁻·x ≤ x − x̂ ≤ ε⁺·x                       componentwise, and
//	−ε⁻·(x−(1−α)) ≤ x − x̃ ≤ ε⁺·(x−(1−α))       since x − x̃ = αPᵀ(x−x̂).
//
// The columns of Pᵀ sum to at most 1, so over any set of pages also
//
//	−α/(1−α)·R⁻ ≤ Σ (x − x̃) ≤ α/(1−α)·R⁺.
type Certificate struct {
	Damping      float64 // α
	Pages        int     // N, the pages that are ranked
	Sum          float64 // Ŝ = Σ x̂
	Dangling     float64 // Ŝ_D = Σ x̂ over ranked pages without out-links
	Plus         float64 // R⁺ = Σ max(r, 0), or more
	Minus        float64 // R⁻ = Σ max(−r, 0), or more
	EpsilonPlus  float64 // ε⁺, or any other for which the lines above hold
	EpsilonMinus float64 // ε⁻, the same
	// Slack is the greatest relative difference δ between a served value y and
	// x̃: |x̃ − y| ≤ δ·y. Zero where x̃ itself is served.
	Slack float64
}

// Epsilon returns ε: every page's x lies within ε·x of x̂.
func (c Certificate) Epsilon() float64 { return max(c.EpsilonPlus, c.EpsilonMinus) }

// ServedSum returns what a served x is divided by to give its rank π: Σ x̃, or
// the nearest value that Σ x can have. So a served rank lies within its own
// [Certificate.RankBounds], and near convergence all of them sum to 1.
func (c Certificate) ServedSum() float64 {
	lo, hi := c.SumBounds()
	return min(max(c.Sum+c.Plus-c.Minus, lo), hi)
}

// SumBounds returns an interval that holds S = Σ x. From Σ(x−x̂) = hᵀr with
// 1 ≤ h ≤ 1/(1−α), from the relative bound, and from (1−α)N ≤ S ≤ N.
func (c Certificate) SumBounds() (lo, hi float64) {
	n, rest := float64(c.Pages), 1-c.Damping
	lo = max(rest*n, c.Sum+c.Plus-c.Minus/rest, c.Sum/(1+c.EpsilonMinus))
	hi = min(n, c.Sum+c.Plus/rest-c.Minus)
	if c.EpsilonPlus < 1 {
		hi = min(hi, c.Sum/(1-c.EpsilonPlus))
	}
	// Rounding can turn an interval of no width round.
	return min(lo, hi) * (1 - rounding), max(lo, hi) * (1 + rounding)
}

// XBounds returns an interval that holds Σ x over pages pages of which the
// served values, none negative, add up to y in float64, in whatever order;
// pages = 1 for a single page.
func (c Certificate) XBounds(y float64, pages int) (lo, hi float64) {
	rest, n := 1-c.Damping, float64(pages)
	lo = (y*(1-c.Slack) + c.EpsilonMinus*rest*n) / (1 + c.EpsilonMinus)
	lo = max(lo, rest*n, y*(1-c.Slack)-c.Damping/rest*c.Minus)
	hi = y*(1+c.Slack) + c.Damping/rest*c.Plus
	if c.EpsilonPlus < 1 {
		hi = min(hi, (y*(1+c.Slack)-c.EpsilonPlus*rest*n)/(1-c.EpsilonPlus))
	}
	lost := max(rounding, 2*unit*n) // half of it for adding up n values
	return lo * (1 - lost), max(lo, hi) * (1 + lost)
}

// RankBounds returns an interval that holds Σ π over pages pages of which the
// served values add up to y.
func (c Certificate) RankBounds(y float64, pages int) (lo, hi float64) {
	sumLo, sumHi := c.SumBounds()
	lo, hi = c.XBounds(y, pages)
	if sumLo <= 0 {
		return 0, 1
	}
	return lo / sumHi, min(hi/sumLo, 1)
}

// L1 bounds ‖π − π̃‖₁, the error of all served ranks together. With C the
// [Certificate.ServedSum] and y the served values, π − π̃ = x/S − y/C, and
//
//	‖x/S − x̃/C‖₁ ≤ ‖x−x̃‖₁/S + Σx̃·|1/S − 1/C| ≤ 2‖x−x̃‖₁/S,
//
// as C is no farther from S than Σ x̃ is. Further ‖x−x̃‖₁ ≤ α‖r‖₁/(1−α), and the
// slack adds at most δ·Σy/C with Σy ≤ Σx̃/(1−δ). Nor can it exceed 1 + Σy/C.
func (c Certificate) L1() float64 {
	if c.Pages == 0 {
		return 0
	}
	lo, _ := c.SumBounds()
	l1 := 2 * c.Damping / (1 - c.Damping) * (c.Plus + c.Minus) / lo
	if c.Slack >= 1 {
		return math.Inf(1)
	}
	served := max(0, c.Sum+c.Plus-c.Minus) / (1 - c.Slack) / c.ServedSum()
	return min(l1+c.Slack*served, 1+served)
}

// Drift returns how far the conservation law is from holding, relative to N:
// (1−α)Ŝ + α·Ŝ_D + Σr = (1−α)N for every x̂. More than rounding (about 1e−9)
// means a lost or doubled update.
func (c Certificate) Drift() float64 {
	if c.Pages == 0 {
		return math.Abs(c.Sum)
	}
	rest := 1 - c.Damping
	d := rest*c.Sum + c.Damping*c.Dangling + c.Plus - c.Minus - rest*float64(c.Pages)
	return math.Abs(d) / float64(c.Pages)
}

// rounding widens every interval by what float64 may lose in its making.
const rounding = 1e-12
