package importer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"freshrank/pagerank/link"
)

// WATOptions are what [WAT] goes by.
type WATOptions struct {
	Limits   link.Limits // of the events' readers
	Source   string      // of the events
	Strict   bool        // see Options
	Progress func()
}

// WAT turns the pages of a Common Crawl WAT file into events, one a line, in the order
// of the file: page.crawled with the links of an HTML page, page.alias for a redirect,
// page.gone for status 404 and 410. They bear the time of the crawl and the id of its
// record, so that sending them twice, or those of several crawls in any order, is as
// good as once and in order. A graph cannot take them as they come: it has room for
// one state of a page, and only the fold says which is the newest.
func WAT(ctx context.Context, name string, in io.Reader, o WATOptions, out io.Writer) (events int64, _ Report, err error) {
	w := &watReader{chunkReader: chunkReader{name: name, unit: "record", lines: map[int]int64{}}, o: o}
	jobs, pending := make(chan *watJob), make(chan *watJob, 2*runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	var tallies []*tally
	for range runtime.GOMAXPROCS(0) {
		p := &watParser{tally: tally{strict: o.Strict}, limits: o.Limits, source: o.Source}
		tallies = append(tallies, &p.tally)
		group.Go(func() {
			for j := range jobs {
				p.run(j)
				close(j.done)
			}
		})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var readErr error
	group.Go(func() {
		defer close(jobs)
		defer close(pending)
		readErr = w.read(ctx, in, func(j *watJob) bool {
			select {
			case pending <- j:
			case <-ctx.Done():
				return false
			}
			select {
			case jobs <- j:
				return true
			case <-ctx.Done():
				close(j.done) // nobody else will
				return false
			}
		})
	})
	var writeErr error
	for j := range pending { // in the order of the file
		<-j.done
		w.lines[j.number] = j.records
		if writeErr != nil || w.bad != nil {
			continue
		}
		if w.bad = j.bad; w.bad != nil {
			cancel()
			continue
		}
		events += j.events
		if _, writeErr = out.Write(j.out); writeErr != nil {
			cancel()
		}
	}
	group.Wait()
	switch {
	case w.bad != nil:
		w.bad.File, w.bad.Unit = name, w.unit
		return events, Report{}, w.bad
	case writeErr != nil:
		return events, Report{}, fmt.Errorf("write events: %w", writeErr)
	case readErr != nil:
		var bad *InputError
		if errors.As(readErr, &bad) {
			bad.File = name
		}
		return events, Report{}, readErr
	}
	return events, w.report(tallies), nil
}

// watReader reads records as a chunkReader does chunks; its lines are records, all of
// them, whether they are taken or not.
type watReader struct {
	chunkReader
	o WATOptions
}

// watJob is a batch of records.
type watJob struct {
	number   int
	records  int64 // in the file, since the batch before
	contents [][]byte
	places   []int64 // of each content, its record, counted from the batch before

	out    []byte
	events int64
	bad    *InputError // its Line is that of the file already
	before int64       // records before the batch
	done   chan struct{}
}

// What a batch holds: it goes once it has that many bytes.
const watBatch = 1 << 20

func (w *watReader) read(ctx context.Context, in io.Reader, send func(*watJob) bool) error {
	r := warcReader{in: bufio.NewReaderSize(in, maxRecordHeader), take: "application/json", most: maxRecord}
	for number, before := 0, int64(0); ; number++ {
		j := &watJob{number: number, before: before, done: make(chan struct{})}
		var err error
		for size := 0; size < watBatch && err == nil; {
			var content []byte
			if content, err = r.next(); err == nil {
				j.contents, j.places = append(j.contents, content), append(j.places, r.records-before)
				size += len(content) + 1<<10
			}
		}
		j.records, before = r.records-before, r.records
		if !send(j) {
			return ctx.Err()
		}
		if w.o.Progress != nil {
			w.o.Progress()
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

type watParser struct {
	tally
	limits link.Limits
	source string
}

func (w *watParser) run(j *watJob) {
	for i, content := range j.contents {
		drop := func(reason, what, value, fix string) *InputError {
			return w.add(reason, j.number, &InputError{Line: j.places[i], What: what, Value: clip(value), Fix: fix})
		}
		var text []byte
		var bad *InputError
		if content == nil {
			bad = drop(longRecord, fmt.Sprintf("longer than %d bytes", maxRecord), "", "nothing is known of the page")
		} else {
			text, bad = w.event(content, drop)
		}
		if bad != nil {
			bad.Line += j.before
			j.bad = bad
			return
		}
		if text != nil {
			j.out, j.events = append(append(j.out, text...), '\n'), j.events+1
		}
	}
}
