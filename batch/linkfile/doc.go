// Package linkfile keeps the master data, the link graph, its ranks and the
// archived log, as Parquet files below one folder, of this machine or in a bucket.
// DuckDB and Spark read them as they are. Where the bytes are kept is the matter of
// package store; package chunk decodes them.
//
// # Layout
//
//	freshrank.json                        {"format": 1}: this folder is ours
//	freshrank.writer                      the process that writes, see [Dir.Claim]
//	graph/<generation>/pages-00000.parquet
//	graph/<generation>/links-00000.parquet
//	graph/<generation>/edits-00000.parquet
//	graph/<generation>/manifest.json
//	ranks/<generation>/ranks-00000.parquet
//	ranks/<generation>/manifest.json
//	log/<partition>/<from>-<to>.parquet   offsets from ≤ o < to, 20 digits each
//	log/<partition>/manifest.json
//	fold/<pass>/…                         a graph that [Dir.Fold] has made on the way, until it ends
//
// Generation 0 is an import; every batch run makes the next. What cannot be
// computed again is the log alone: a generation is a function of an older one
// and the log between their cuts.
//
// # When something exists
//
// A manifest names every file with its length, its rows and its SHA-256, and is
// written after them; a generation without one does not exist, nor does a log
// file that its partition's manifest does not name. On a machine, a generation is
// written into a hidden folder (.tmp-…), each file and the folder synced, then
// renamed; a log file is written and synced under a hidden name and renamed before
// the manifest is replaced by one that names it. In a bucket objects appear whole,
// and a manifest after all that it names. So a crash at any moment leaves the old
// state and perhaps rubbish, which readers do not see and [Dir.Clean] removes. One
// process at a time writes (the holder of the batch lease, once it has claimed the
// folder); any number read.
//
// manifest.json is
//
//	{"format": 1, "sha256": "…", "manifest": {…}}
//
// with the checksum of the bytes of the inner object exactly as they stand there.
//
// # Parts
//
// Beside the checksum of a file its entry has those of its parts: one a row group,
// the first with the four bytes that every Parquet file begins with, and one of the
// footer. A reader takes a part, compares its checksum and decodes it, several at a
// time and each once; the checksum of the whole is for people. Files written before
// there were parts have that alone and are read twice.
//
// Row groups are encoded in parallel too. Their bytes do not depend on by how many.
//
// # Tables
//
// pages: one row a page, ordered by id, which is also the order of url
//
//	id            uint32      number of the page within this generation only
//	key           bytes[16]   first half of the SHA-256 of url: the page's identity
//	url           string      canonical
//	crawled       bool        kind is "crawled"
//	kind          string      what the newest snapshot event said: unseen, crawled, gone, alias
//	target        uint32?     of an alias: id of what it stands for
//	time_ns       int64?      version of that event: its time in nanoseconds since 1970,
//	event_id      string?     its id
//	tie           uint64?     and its digest; null where there was none
//	added_time_ns int64?      version of the newest link.added that is newer; it ends an alias
//	added_id      string?
//	added_tie     uint64?
//
// links: the current links, ordered by (source, target)
//
//	source        uint32      id of the page that has the link
//	target        uint32      id of the page it leads to
//	rel           string      "", or of nofollow, ugc, sponsored those it bears, with a blank between
//
// edits: link.added and link.removed events newer than their page's snapshot,
// one per link, ordered by (source, target). They are in links already; the fold
// needs them to place what arrives late.
//
//	source, target, rel       as in links
//	removed       bool
//	time_ns, event_id, tie    version of the event
//
// ranks: one row a ranked page, in the order of url. x + residual is what is
// served; the residual is that of x, exactly as stored.
//
//	key           bytes[16]
//	x             double
//	residual      double
//
// log: one row a record, ordered by offset; offsets may be missing
//
//	partition     int32
//	offset        int64
//	timestamp     timestamp   of the record, milliseconds, UTC
//	key           bytes?      as it came
//	value         bytes?      as it came
//	error         string?     why it was refused; null if it was accepted
//	id, source, type, url     string? of the event; null if it was refused
//	time_ns       int64?      observed time of the event
//
// # Encodings
//
// Ids are DELTA_BINARY_PACKED with Zstandard and no dictionary; URLs, which are
// sorted, DELTA_BYTE_ARRAY with Zstandard. Keys and doubles are plain: nothing
// compresses them. docs/files.md has what each column costs. Nanoseconds are plain
// int64 because Spark refuses TIMESTAMP(NANOS), and keys plain fixed-length bytes
// because it refuses UUID. A column of a row group is one page, but for more than
// 256 MB.
//
// # Failures
//
// Everything read is checked against its manifest first. What does not fit is a
// [*CorruptError] that names the file, the fault and the way out; a file of a
// later program is a [*VersionError]; a generation that is not there wraps
// [fs.ErrNotExist].
package linkfile
