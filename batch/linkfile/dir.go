package linkfile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"freshrank/batch/linkfile/store"
)

// Format is the version of everything below a data folder.
const Format = 1

// The folders below the root, and what marks it as ours.
const (
	markerName  = "freshrank.json"
	graphFolder = "graph"
	ranksFolder = "ranks"
	logFolder   = "log"
	foldFolder  = "fold" // graphs on the way to another
)

// Dir is a data folder. Its methods are safe for concurrent use as long as one
// goroutine of one process writes.
type Dir struct{ store store.Store }

// Open opens the data folder root, a folder or s3://bucket/prefix, and makes it if it
// is not there. A folder of a later program is refused with a [*VersionError].
func Open(root string) (*Dir, error) {
	s, err := storeAt(root)
	if err != nil {
		return nil, fmt.Errorf("open data folder: %w", err)
	}
	return openStore(context.Background(), s)
}

// Exists reports whether root, as [Open] takes it, is a data folder already. It makes
// none.
func Exists(ctx context.Context, root string) (bool, error) {
	s, err := storeAt(root)
	if err == nil {
		_, err = store.Read(ctx, s, markerName)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for data folder: %w", err)
	}
	return true, nil
}

// storeAt returns where a data folder's objects are. The credentials of a bucket are those
// of the environment, where every program that uses one looks for them.
func storeAt(root string) (store.Store, error) {
	if strings.HasPrefix(root, "s3://") {
		o, err := store.S3FromEnv(root, os.Getenv)
		if err != nil {
			return nil, err
		}
		return store.NewS3(o)
	}
	return store.NewLocal(root), nil
}

func openStore(ctx context.Context, s store.Store) (*Dir, error) {
	d := &Dir{s}
	file := s.Path(markerName)
	raw, err := store.Read(ctx, s, markerName)
	if errors.Is(err, fs.ErrNotExist) {
		if err := d.refuseForeign(ctx); err != nil {
			return nil, err
		}
		if err := store.Write(ctx, s, markerName, []byte(fmt.Sprintf("{\"format\": %d}\n", Format))); err != nil {
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
func (d *Dir) refuseForeign(ctx context.Context) error {
	for _, name := range []string{graphFolder, ranksFolder, logFolder} {
		there, err := d.store.List(ctx, name)
		if err != nil {
			return fmt.Errorf("open data folder: %w", err)
		}
		if len(there) > 0 {
			return &CorruptError{d.store.Path(markerName), "missing, although there is a folder " + name, fixMarker}
		}
	}
	return nil
}

// generation returns the name of the folder of a generation.
func generation(folder string, gen int64) string {
	return path.Join(folder, strconv.FormatInt(gen, 10))
}

// LatestGraph returns the newest generation that has a graph; false if none has.
func (d *Dir) LatestGraph(ctx context.Context) (gen int64, ok bool, err error) {
	return d.latest(ctx, graphFolder)
}

// LatestRanks returns the newest generation that has ranks; false if none has.
func (d *Dir) LatestRanks(ctx context.Context) (gen int64, ok bool, err error) {
	return d.latest(ctx, ranksFolder)
}

// Generations returns those that have a graph, ascending.
func (d *Dir) Generations(ctx context.Context) ([]int64, error) {
	return d.generations(ctx, graphFolder)
}

func (d *Dir) latest(ctx context.Context, folder string) (int64, bool, error) {
	all, err := d.generations(ctx, folder)
	if err != nil || len(all) == 0 {
		return 0, false, err
	}
	return all[len(all)-1], true, nil
}

// generations lists the folders named by a number that have a manifest.
func (d *Dir) generations(ctx context.Context, folder string) ([]int64, error) {
	names, err := d.store.List(ctx, folder)
	if err != nil {
		return nil, fmt.Errorf("list generations: %w", err)
	}
	var all []int64
	for _, name := range names {
		gen, err := strconv.ParseInt(name, 10, 64)
		if err != nil || gen < 0 || strconv.FormatInt(gen, 10) != name {
			continue
		}
		in, err := d.store.List(ctx, path.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("list generations: %w", err)
		}
		if slices.Contains(in, store.Manifest) {
			all = append(all, gen)
		}
	}
	slices.Sort(all)
	return all, nil
}
