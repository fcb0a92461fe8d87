// Package speed keeps ranks fresh between two batch generations. It owns the
// speed view: an overlay over one generation that holds every page whose served
// value, status or target is no longer the generation's.
//
// # The flow
//
//	Log.Follow → intake → state → View.Publish
//
// The log hands over micro-batches from explicit offsets. The intake decodes
// them, side by side with everything else, and sets bad records aside before any
// offset that covers them can be committed. (A generation may cover records that
// were never read here. The offsets that are published count only what was.) The
// state folds the events ([linkgraph.Overlay]) and pushes what they changed
// ([incremental.Engine]) within a budget, so that no update, however large, holds
// up the next batch.
// What changed is published together with the offsets it came from, in one
// transaction: the only place where progress is recorded is beside the ranks it
// produced, so a crash at any moment neither loses nor doubles an event.
//
// # Which state may be published
//
// A state always stands on one generation. It is built beside whatever is
// published, and takes over in one transaction once its offsets cover all that
// is committed; see [session]. There is one way to become the published state,
// whether the process has just started (events come from the log, from the
// generation's cut on) or a new generation appeared (events come from the state
// it replaces, joined onto the new base; nothing is read twice). Until then the
// old view stays, complete, and goes on being updated if it was.
//
// # Who may publish
//
// One layer at a time, the holder of the [Lease]. A layer that lost it may not
// know yet; therefore every transaction checks the lease's epoch, and
// [ErrFenced] sends the loser back to waiting. A holder that lost only its
// connection keeps its state in memory and goes on where it was, unless someone
// else published meanwhile.
//
// # What fails, and what then happens
//
//   - The log is unreachable: the feed retries for ever; as_of stops moving.
//   - Postgres is unreachable: the lease is gone, reading stops, the state stays
//     in memory; all is taken up again afterwards.
//   - The log no longer has what is needed: [TruncatedError]; the old view stays
//     until a generation that covers the gap appears.
//   - A generation is dropped before its view could be switched to: the old view
//     stays until the next one is ready.
//   - The conservation law does not hold: nothing is published; the state is
//     rebuilt from the generation.
package speed
