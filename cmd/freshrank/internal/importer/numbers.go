package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
)

// Links takes links by page number; a [csr.Part] is one.
type Links interface{ Add(source, target uint32) }

// Numbers reads an edge list as [EdgeList] does, but keeps the numbers, which must fit
// 32 bits, and makes no URLs. It parses on all processors, each with a Links from
// start, and counts the links of a page to itself. progress, if set, is called now and
// then.
func Numbers(ctx context.Context, name string, in io.Reader, start func() Links, progress func()) (selfLoops int64, err error) {
	r := numberReader{chunks: make(chan chunk, 4), free: make(chan []byte, 64), lines: map[int]int64{}}
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		to := start()
		group.Go(func() { r.work(to) })
	}
	err = r.read(ctx, in, progress)
	close(r.chunks)
	group.Wait()
	if r.bad != nil { // the first fault of the file, whoever met it
		r.bad.File = name
		for i := range r.badChunk {
			r.bad.Line += r.lines[i]
		}
		return 0, r.bad
	}
	if errors.Is(err, errLongLine) {
		return 0, lineError(name, r.total(), err)
	}
	return r.self, err
}

// chunkBytes is how much of a file is parsed at a time; no line may be longer.
const chunkBytes = maxLine

type chunk struct {
	number int
	text   []byte // whole lines
}

type numberReader struct {
	chunks chan chunk
	free   chan []byte // texts that have been parsed: memory to read into

	mu       sync.Mutex
	self     int64
	lines    map[int]int64 // by chunk
	bad      *InputError   // of the first chunk with a fault; Line counts within it
	badChunk int
}

// read cuts in into chunks of whole lines.
func (r *numberReader) read(ctx context.Context, in io.Reader, progress func()) error {
	var rest []byte
	for number := 0; ; number++ {
		if err := ctx.Err(); err != nil || r.failed() {
			return err
		}
		if progress != nil {
			progress()
		}
		text := r.buffer()
		n := copy(text, rest)
		more, err := io.ReadFull(in, text[n:])
		text = text[:n+more]
		end := len(text)
		if err == nil {
			if end = bytes.LastIndexByte(text, '\n') + 1; end == 0 {
				return errLongLine
			}
		}
		rest = append(rest[:0], text[end:]...) // the text itself is given away
		r.chunks <- chunk{number, text[:end]}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *numberReader) buffer() []byte {
	select {
	case b := <-r.free:
		return b[:chunkBytes]
	default:
		return make([]byte, chunkBytes)
	}
}

func (r *numberReader) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bad != nil
}

func (r *numberReader) total() (lines int64) {
	for _, n := range r.lines {
		lines += n
	}
	return lines
}

func (r *numberReader) work(to Links) {
	for c := range r.chunks {
		lines, self, bad := parseChunk(c.text, to)
		r.mu.Lock()
		r.lines[c.number] = lines
		r.self += self
		if bad != nil && (r.bad == nil || c.number < r.badChunk) {
			r.bad, r.badChunk = bad, c.number
		}
		r.mu.Unlock()
		select {
		case r.free <- c.text:
		default:
		}
	}
}

// parseChunk parses whole lines. A fault's Line counts from 1.
func parseChunk(text []byte, to Links) (lines, self int64, _ *InputError) {
	for len(text) > 0 {
		lines++
		// The common line is read in one go; whatever is not such a line is looked
		// at again.
		from, i := digits(text, 0)
		j := blanks(text, i)
		target, k := digits(text, j)
		if i > 0 && i <= 10 && j > i && k > j && k-j <= 10 && k < len(text) && text[k] == '\n' && from|target <= math.MaxUint32 {
			text = text[k+1:]
		} else {
			line := text
			if end := bytes.IndexByte(text, '\n'); end >= 0 {
				line, text = text[:end], text[end+1:]
			} else {
				text = nil
			}
			line = bytes.TrimSpace(line)
			if len(line) == 0 || line[0] == '#' {
				continue
			}
			var err *InputError
			if from, target, err = pair(line); err == nil && max(from, target) > math.MaxUint32 {
				err = &InputError{What: "page number that needs more than 32 bits", Value: fmt.Sprint(max(from, target)),
					Fix: "number the pages from 0; or import the file into a data folder, which takes any number"}
			}
			if err != nil {
				err.Line = lines
				return lines, self, err
			}
		}
		if from == target {
			self++
		}
		to.Add(uint32(from), uint32(target))
	}
	return lines, self, nil
}

// digits returns the number that begins at text[i], and where it ends.
func digits(text []byte, i int) (n uint64, end int) {
	for ; i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		n = 10*n + uint64(text[i]-'0')
	}
	return n, i
}

// blanks returns where the spaces and tabs that begin at text[i] end.
func blanks(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	return i
}
