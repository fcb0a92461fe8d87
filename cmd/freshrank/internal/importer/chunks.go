package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
)

// maxLine is the longest line or row taken, in bytes.
const maxLine = 1 << 20

// chunkBytes is how much of a text is parsed at a time; no line may be longer.
const chunkBytes = maxLine

// chunk is a stretch of a text: whole lines.
type chunk struct {
	number int
	text   []byte
}

// parser reads chunks, one after the other. It returns how many lines it read, up to
// and with that of the fault if there is one.
type parser interface {
	parse(c chunk) (lines int64, bad *InputError)
}

// chunkReader cuts a text into chunks and has them parsed on all processors.
type chunkReader struct {
	name     string
	unit     string                                             // of lines; "" if that is what they are
	long     string                                             // what is wrong if a line is too long
	cut      func(text []byte) int                              // where the last whole line ends; 0: there is none
	head     func(text []byte) (lines, skip int, _ *InputError) // of the first chunk; may be nil
	start    func() parser                                      // one for each processor
	progress func()                                             // called now and then; may be nil

	chunks chan chunk
	free   chan []byte // texts that have been parsed: memory to read into

	mu       sync.Mutex
	lines    map[int]int64 // by chunk
	bad      *InputError   // of the first chunk with a fault; Line counts within it
	badChunk int
}

// errLongLine is the error of a line longer than maxLine.
var errLongLine = errors.New("line too long")

// run reads in to its end or to the first fault, whoever meets it.
func (r *chunkReader) run(ctx context.Context, in io.Reader) error {
	r.chunks, r.free, r.lines = make(chan chunk, 4), make(chan []byte, 16), map[int]int64{}
	var group sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		p := r.start()
		group.Go(func() { r.work(p) })
	}
	err := r.read(ctx, in)
	close(r.chunks)
	group.Wait()
	if r.bad != nil {
		r.bad.File, r.bad.Line = r.name, r.line(r.badChunk, r.bad.Line)
		return r.bad
	}
	if errors.Is(err, errLongLine) {
		return &InputError{File: r.name, Line: r.total() + 1, What: fmt.Sprintf("longer than %d bytes", maxLine), Fix: r.long}
	}
	return err
}

// line returns the number, in the whole text, of a line of a chunk.
func (r *chunkReader) line(chunk int, line int64) int64 {
	for i := range chunk {
		line += r.lines[i]
	}
	return line
}

func (r *chunkReader) total() int64 { return r.line(len(r.lines), 0) }

func (r *chunkReader) read(ctx context.Context, in io.Reader) error {
	var rest []byte
	for number := 0; ; number++ {
		if err := ctx.Err(); err != nil || r.failed() {
			return err
		}
		if r.progress != nil {
			r.progress()
		}
		text := r.buffer()
		n := copy(text, rest)
		more, err := io.ReadFull(in, text[n:])
		text = text[:n+more]
		end := len(text)
		if err == nil {
			if end = r.cut(text); end == 0 {
				return errLongLine
			}
		}
		rest = append(rest[:0], text[end:]...) // the text itself is given away
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		text = text[:end]
		if number == 0 && r.head != nil {
			lines, skip, bad := r.head(text)
			r.mu.Lock()
			r.lines[number], r.bad = int64(lines), bad
			r.mu.Unlock()
			if bad != nil {
				return nil
			}
			number, text = number+1, text[skip:]
		}
		r.chunks <- chunk{number, text}
		if last {
			return nil
		}
	}
}

func (r *chunkReader) buffer() []byte {
	select {
	case b := <-r.free:
		return b[:chunkBytes]
	default:
		return make([]byte, chunkBytes)
	}
}

func (r *chunkReader) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bad != nil
}

func (r *chunkReader) work(p parser) {
	for c := range r.chunks {
		lines, bad := p.parse(c)
		r.mu.Lock()
		r.lines[c.number] = lines
		if bad != nil && (r.bad == nil || c.number < r.badChunk) {
			r.bad, r.badChunk = bad, c.number
		}
		r.mu.Unlock()
		if cap(c.text) == chunkBytes { // the head was not cut off
			select {
			case r.free <- c.text:
			default:
			}
		}
	}
}

// atNewline is the cut of texts whose lines are lines.
func atNewline(text []byte) int { return bytes.LastIndexByte(text, '\n') + 1 }

// firstLine returns the first line of a text without its end, and what follows it.
func firstLine(text []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(text, []byte{'\n'})
	return bytes.TrimSuffix(line, []byte{'\r'}), rest
}
