// Package view reads what the batch and the speed layer have published in
// Postgres. It only reads; its role cannot do more.
//
// # The pair
//
// A generation G is active; a speed view V, if there is one, is an overlay over
// a generation G'. The overlay counts if it knows all that the active generation
// knows: if G' is G, or if V's offsets cover G's cut. Then answers come from
// (G', V), also while G' is older than G, which is the handover; otherwise from
// (G, none). If each knows something that the other does not, from the one with
// the later as_of. See [choose].
//
// An answer's as_of is the later of the generation's and the view's: either may make
// the other's claim if it knows all that the other knows. So it never goes back, in
// whatever order the layers' transactions come through. See [pair.asOf].
//
// # One snapshot
//
// Rows, certificate and as_of of an answer must belong together. So every answer
// is one SQL statement, which Postgres runs on one snapshot, and the statement
// reads both pointers and the view's header beside the rows. The names of a
// generation's tables must be known before: they come from the pair that was
// seen last. When the statement's own header says that another pair holds, or a
// table has been dropped with its generation (SQLSTATE 42P01), the answer is
// thrown away, the pair is read again and the statement is built anew. A
// generation's own row never changes and is kept in memory, known by its run besides
// its number, which can be used again (see [edition]); so are its ranks, if
// there is room for them ([View.Hold]): then a statement about pages reads of the
// overlay alone, and what that does not have is what the pair's generation says.
//
// # Statements
//
// A statement returns one row: the header, then one array per column of the
// answer. So the header crosses the wire once, and an answer without rows has a
// header, too. Questions about few pages that come together share one ([gather]):
// each of their answers is still one statement on one snapshot.
//
// Serving's connections plan a statement once, for whatever its parameters are
// (plan_cache_mode): every statement is written so that there is one good plan. A
// test holds what both kinds of plans cost.
package view
