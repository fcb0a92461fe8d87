package linkfile

import "fmt"

// CorruptError says that a file is not what its manifest, or this package, says
// it must be.
type CorruptError struct {
	File   string // with the path of the data folder
	Reason string
	Fix    string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is damaged: %s: %s", e.File, e.Reason, e.Fix)
}

// VersionError says that a file was written under rules that this program does
// not know.
type VersionError struct {
	File  string
	What  string // what has a version, such as "format"
	Found int
	Known int
}

func (e *VersionError) Error() string {
	fix := "upgrade freshrank, or use another data folder"
	if e.Found < e.Known {
		fix = "import the graph again into another data folder"
	}
	return fmt.Sprintf("%s has %s %d, this program knows %d: %s", e.File, e.What, e.Found, e.Known, fix)
}

// The ways out, by what is damaged.
const (
	fixMarker = `restore it from a backup, or name another data folder`
	fixGraph  = `restore the folder from a backup, or delete it and let the next batch run make it again`
	fixRanks  = `restore the folder from a backup, or delete it and let the next batch run rank again`
	// Of a generation that is not there at all.
	fixMissing = `restore the folder from a backup, let the next batch run make a new generation, or name the data folder that belongs to the database`
	fixLog     = `restore the folder from a backup; archived events cannot be computed again`
)
