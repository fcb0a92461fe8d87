// Package pagerank ranks a link graph and states how far from the truth the
// ranks can be. It does no I/O, reads no clock and writes no log.
//
// # The equation
//
// With damping α and d_j the number of links of page j, the un-normalised rank
// x and the rank π that users see are
//
//	x_i = (1−α) + α · Σ_{j→i} x_j / d_j        π_i = x_i / Σ x
//
// or A·x = (1−α)·1 with A = I − αPᵀ, where P has a zero row for a page without
// links ("dangling"). A page of average rank in a graph without dangling pages
// has x = 1; a page that nothing links to has x = 1−α.
//
// π is exactly the stationary distribution of the random surfer who jumps to a
// page chosen uniformly with probability 1−α, and always from a dangling page.
// That π solves π = αPᵀπ + γ·v with v = 1/N and γ = (1−α) + α·Σ_dangling π, a
// number; so π is γ/((1−α)N) times x, and both sum to 1 once x is normalised
// (Langville and Meyer, Deeper Inside PageRank, 2004, treat the linear system;
// LAW's "pseudorank" is the same vector). What the un-normalised form buys:
// adding a page, or a dangling page gaining its first link, changes nobody's
// equation but that of the pages linked to.
//
// # Residual and certificate
//
// The residual of any vector x̂ is r = (1−α)·1 + αPᵀx̂ − x̂, and x − x̂ = A⁻¹r
// exactly. A⁻¹ = Σ (αPᵀ)^k has no negative entry and maps (1−α)·1 to x. So if
// −ε⁻(1−α) ≤ r_i ≤ ε⁺(1−α) for all i, then −ε⁻·x ≤ x − x̂ ≤ ε⁺·x for every page:
// one pass over the links bounds the error of all pages, each relative to its own
// rank. [Certificate] holds this bound and its relatives; it needs no reference
// solution and no trust in how x̂ was found. The sum of the residual's definition,
//
//	(1−α)·Σx̂ + α·Σ_dangling x̂ + Σr = (1−α)·N,
//
// holds for every x̂; [Certificate.Drift] watches it as an alarm for corruption.
// McSherry reads the same residual backwards: x̂ is the exact answer for a jump
// distribution within ε of the wanted one.
//
// What to serve is x̃ = x̂ + r, half a step better than x̂ at no cost.
//
// # The solver
//
// [NewSolver] lays a graph out, [Solver.Rank] solves it, [Rank] does both.
//
// Pages are cut into strongly connected components, in an order in which links lead
// from earlier components to later ones ([findComponents]). Where a few pages have a
// large part of the links, all pages with links count as one ([hubs]): that costs little
// when solving, and the search would cost more than it spares. Component after
// component is solved; links that come from earlier ones are followed once, when those
// are done. So what leads into pages that feed no one, or comes from pages that no one
// feeds, costs one sweep in all, and each component gets as many sweeps as it needs.
// (Dangling pages as a special case: Ipsen and Selee, PageRank computation, with
// special attention to dangling nodes, 2007.)
//
// Within a component sweeps are Gauss–Seidel: a page is computed from what its sources
// are worth now. Between the sweeps, Anderson acceleration combines the last few to the
// vector of least change, as a sample of the pages shows it, under a guard. Where links
// are many, most sweeps are over float32 changes of the vector (glide.go). Large
// components are swept by all workers at once, in lanes that are cut so that no one
// reads what another is writing. What is cut, and the order in which partial sums are
// added, depends on the graph only: the bytes of a result do not depend on the number
// of workers.
//
// None of this has to be trusted. At the end x is scaled so that Σr is zero,
//
//	k = (1−α)N / ((1−α)·Σx + α·Σ_dangling x),
//
// as normalising does in the power method (Page, Brin, Motwani and Winograd, 1999),
// and one plain sweep over all links certifies the vector as it is stored. With a start
// such a sweep comes first as well: it tells a good start from a bad one.
package pagerank
