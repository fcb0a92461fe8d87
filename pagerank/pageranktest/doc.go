// Package pageranktest holds what the ranks are checked against, and what they
// are tried on. Nothing here shares a line with the code it checks.
//
//   - [Hand] are small graphs whose ranks are worked out on paper.
//   - [Solve] is a solver of another shape: where pagerank.Rank pulls, in
//     parallel and sweep by sweep, it pushes, serially and page by page.
//     [Verify] holds a result against it.
//   - [Truth] is the oracle for events: a direct reading of the rules, with maps
//     of strings, of what a sequence of events means.
//   - [RandomEvents] makes small event sequences that are as nasty as possible.
//   - [Web] makes link graphs that look like the web, of any size, and [Feed] the
//     events of a crawler that goes round in one; `freshrank generate` and the
//     demo use them.
//
// Everything random takes a seed and gives the same again for the same seed.
package pageranktest
