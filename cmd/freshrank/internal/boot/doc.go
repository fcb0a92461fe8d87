// Package boot is what every long-running command needs before its own work can
// begin, and while it ends: a logger ([Logger]), metrics ([Registry]), signals
// ([Signals]), a group of parts that live and die together ([RunGroup]), Postgres
// under a role ([Pool], [Direct]), and the lock on a data folder ([Acquire]) with
// the file that tells other commands where its embedded parts are ([Runtime]). And
// the certificate of a server ([Certificate]).
//
// A process ends in one of four ways, told by its exit code: see [ExitCode].
package boot
