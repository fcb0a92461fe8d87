// Package batch makes generations: the exact ranks of the whole link graph at
// one cut of the log.
//
// # One run
//
//	archive   freeze the log's end offsets: the cut; estimate what the run takes, and
//	          refuse it if that is not there; archive the log up to the cut
//	fold      fold the archived events since the last cut into the last graph → graph/g
//	rank      rank it, warm-started from the last ranks; certify; check → ranks/g
//	publish   fill the generation's tables and flip the pointer, in one transaction
//	done
//
// A generation exists from the moment that transaction commits, and the run's
// own record becomes succeeded in it. Until then nothing that anyone reads has
// changed; a run that fails, is cancelled or dies leaves at most files of a
// number that Postgres never heard of, which the next run removes.
//
// # Who may run
//
// Requests are rows of a queue that holds at most one open run: by hand, by the
// schedule, or because there is no generation yet. They are executed by whoever
// holds the [Lease]. It is an advisory lock, which a process loses with its
// connection and may not notice; therefore each holder also has an epoch, higher
// than all before, that every write to Postgres checks. A runner that lost its
// lease can publish nothing, and touches no files once it knows.
//
// # Authority
//
// The files are the master data: the log's archive and the graphs. Postgres has
// the last word on which generation is active, and on what state a run is in.
package batch
