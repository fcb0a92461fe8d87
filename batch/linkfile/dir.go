package linkfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Format is the version of everything below a data folder.
const Format = 1

// The folders below the root, the name of every manifest and the prefix of what
// is not finished.
const (
	markerName   = "freshrank.json"
	manifestName = "manifest.json"
	graphFolder  = "graph"
	ranksFolder  = "ranks"
	logFolder    = "log"
	tempPrefix   = ".tmp-"
)

// Dir is a data folder. Its methods are safe for concurrent use as long as one
// goroutine of one process writes.
type Dir struct{ root string }

// Open opens the data folder root and makes it if it is not there. A folder of a
// later program is refused with a [*VersionError].
func Open(root string) (*Dir, error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("open data folder: %w", err)
	}
	d := &Dir{root: root}
	file := d.path(markerName)
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.refuseForeign(); err != nil {
			return nil, err
		}
		if err := writeFile(file, []byte(fmt.Sprintf("{\"format\": %d}\n", Format))); err != nil {
			return nil, fmt.Errorf("make data folder: %w", err)
		}
		return d, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open data folder: %w", err)
	}
	var marker struct{ Format int }
	if err := json.Unmarshal(raw, &marker); err != nil || marker.Format < 1 {
		return nil, &CorruptError{file, fmt.Sprintf("no format in %.60q", raw), fixMarker}
	}
	if marker.Format != Format {
		return nil, &VersionError{file, "format", marker.Format, Format}
	}
	return d, nil
}

// refuseForeign refuses a folder that has our folders but not our marker, which
// is written before anything else.
func (d *Dir) refuseForeign() error {
	for _, name := range []string{graphFolder, ranksFolder, logFolder} {
		if _, err := os.Lstat(d.path(name)); err == nil {
			return &CorruptError{d.path(markerName), "missing, although there is a folder " + name, fixMarker}
		}
	}
	return nil
}

func (d *Dir) path(elem ...string) string {
	return filepath.Join(append([]string{d.root}, elem...)...)
}

func (d *Dir) generation(folder string, gen int64) string {
	return d.path(folder, strconv.FormatInt(gen, 10))
}

// LatestGraph returns the newest generation that has a graph; false if none has.
func (d *Dir) LatestGraph() (gen int64, ok bool, err error) { return d.latest(graphFolder) }

// LatestRanks returns the newest generation that has ranks; false if none has.
func (d *Dir) LatestRanks() (gen int64, ok bool, err error) { return d.latest(ranksFolder) }

// Generations returns those that have a graph, ascending.
func (d *Dir) Generations() ([]int64, error) { return d.generations(graphFolder) }

func (d *Dir) latest(folder string) (int64, bool, error) {
	all, err := d.generations(folder)
	if err != nil || len(all) == 0 {
		return 0, false, err
	}
	return all[len(all)-1], true, nil
}

// generations lists the folders named by a number that have a manifest.
func (d *Dir) generations(folder string) ([]int64, error) {
	entries, err := readDir(d.path(folder))
	if err != nil {
		return nil, fmt.Errorf("list generations: %w", err)
	}
	var all []int64
	for _, e := range entries {
		gen, err := strconv.ParseInt(e.Name(), 10, 64)
		if err != nil || gen < 0 || strconv.FormatInt(gen, 10) != e.Name() {
			continue
		}
		if _, err := os.Stat(d.path(folder, e.Name(), manifestName)); err == nil {
			all = append(all, gen)
		}
	}
	slices.Sort(all)
	return all, nil
}
