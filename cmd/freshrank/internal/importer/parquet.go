package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"sync/atomic"

	"freshrank/batch/linkfile"
)

// Parquet reads a Parquet file with the columns source, target and, optionally, rel,
// among others. Row groups are read on all processors. Options.Progress is not called:
// progress is told the rows.
func Parquet(ctx context.Context, name string, o Options, start func() Pages, progress func(rows, all int64)) (Report, error) {
	if name == "-" {
		return Report{}, &InputError{File: name, What: "Parquet cannot be read from standard input", Fix: "name a file: its directory stands at its end"}
	}
	t := &tableReader{chunkReader: chunkReader{name: name, unit: "row", lines: map[int]int64{}}, o: o}
	first, err := t.open()
	if err != nil {
		return Report{}, err
	}
	defer first.Close()
	for i := range first.Groups() {
		t.all += first.Rows(i)
		t.lines[i] = first.Rows(i)
	}
	t.groups = first.Groups()
	var tallies []*tally
	done := make(chan error, runtime.GOMAXPROCS(0))
	for range cap(done) {
		l := &links{max: o.MaxURL, to: start(), tally: tally{strict: o.Strict}}
		tallies = append(tallies, &l.tally)
		go func() { done <- t.work(ctx, l, progress) }()
	}
	for range cap(done) {
		select {
		case e := <-done:
			err = errors.Join(err, e)
		case <-ctx.Done(): // some damaged files keep the reader for ever
			return Report{}, ctx.Err()
		}
	}
	switch {
	case t.bad != nil:
		t.bad.File, t.bad.Line, t.bad.Unit = name, t.line(t.badChunk, t.bad.Line), t.unit
		return Report{}, t.bad
	case err != nil:
		return Report{}, err
	}
	return t.report(tallies), nil
}

var tableNames = [3][]string{sourceNames, targetNames, {"rel"}}

// tableReader reads row groups as a chunkReader does chunks; its lines are rows.
type tableReader struct {
	chunkReader
	o      Options
	groups int
	next   atomic.Int64
	all    int64

	tell sync.Mutex
	rows int64
}

func (t *tableReader) open() (*linkfile.LinkTable, error) {
	table, err := linkfile.OpenLinkTable(t.name, tableNames)
	if err != nil {
		return nil, t.fault(err)
	}
	return table, nil
}

func (t *tableReader) fault(err error) error {
	var bad *linkfile.TableError
	var path *fs.PathError
	switch {
	case errors.As(err, &bad):
		return &InputError{File: t.name, What: bad.Reason, Fix: bad.Fix}
	case errors.As(err, &path):
		return &InputError{File: t.name, What: "cannot be opened", Fix: fmt.Sprintf("%v; name an existing file", err)}
	}
	return err
}

func (t *tableReader) work(ctx context.Context, l *links, progress func(rows, all int64)) error {
	table, err := t.open()
	if err != nil {
		return err
	}
	defer table.Close()
	for {
		group := int(t.next.Add(1)) - 1
		if group >= t.groups || t.failed() {
			return nil
		}
		row := int64(0)
		var bad *InputError
		err := table.Read(group, func(source, target, rel []byte) error {
			row++
			if row%tellRows == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
				t.told(tellRows, progress)
			}
			if bad = l.add(source, target, relOf(rel), group, row); bad != nil {
				return bad
			}
			return nil
		})
		if bad != nil {
			t.mu.Lock()
			if t.bad == nil || group < t.badChunk {
				t.bad, t.badChunk = bad, group
			}
			t.mu.Unlock()
			return nil
		}
		if err != nil {
			t.next.Store(int64(t.groups)) // nobody need go on
			return t.fault(err)
		}
	}
}

const tellRows = 1 << 14

func (t *tableReader) told(rows int64, progress func(rows, all int64)) {
	t.tell.Lock()
	defer t.tell.Unlock()
	t.rows += rows
	if progress != nil {
		progress(t.rows, t.all)
	}
}
