// Package localpg runs a private Postgres for one process: the database of
// `freshrank up` and of the tests. It is reached through a socket in a folder
// that only its owner may enter, never over the network.
//
// # The folder
//
//	lock           held by the process that runs the server
//	data/          the database; what must be backed up
//	socket/        unless its path would be too long or odd: then /tmp/freshrank-<hash>
//	postgres.log   what the server says
//
// # Whose processes
//
// Postgres refuses to run as root. For root, the server runs as the owner of
// data/ or, at first, as user postgres or nobody. Where that user cannot reach
// the folder, as in /root, the server runs in a user namespace instead, in which
// root goes by another number (Linux only).
//
// # Life and death
//
// The server is a child that is told to shut down when its parent dies (Linux)
// or when [Server.Stop] is called. Whatever happens to the parent, even SIGKILL,
// committed transactions stay: the next [Start] first waits for a server that is
// still shutting down, or stops one that was left behind. No network, no
// replication: wal_level is minimal, all else about durability is Postgres'
// default.
//
// # Binaries
//
// Those of the system are used: PATH, then the usual folders. If there are
// none, a build of Postgres is downloaded once into the user's cache folder.
package localpg
