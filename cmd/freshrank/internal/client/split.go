package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Item is one event of an input, as it stands there but without line breaks.
type Item struct {
	Text  []byte
	Place string // "line 3" or "item 3"
}

// Split calls fn with every event of an input: one a line, the elements of a
// JSON array, or a single object over any number of lines. A line that is no
// JSON is handed on as it is, so that the API says what is wrong with it.
func Split(in io.Reader, fn func(Item) error) error {
	r := bufio.NewReaderSize(in, 1<<16)
	first, err := firstByte(r)
	if errors.Is(err, io.EOF) {
		return errors.New("the input is empty: give one event a line, or a JSON array of events")
	}
	if err != nil {
		return err
	}
	if first == '[' {
		return elements(r, fn)
	}
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		last := err != nil
		if n == 1 && !last && !json.Valid(line) && first == '{' {
			// Not one a line; an object that goes on?
			rest, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			if whole := append(line, rest...); json.Valid(whole) {
				return fn(Item{compact(whole), "item 1"})
			}
			r, last = bufio.NewReader(bytes.NewReader(rest)), len(rest) == 0
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := fn(Item{line, fmt.Sprintf("line %d", n)}); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// firstByte skips blanks.
func firstByte(r *bufio.Reader) (byte, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b, r.UnreadByte()
		}
	}
}

func elements(r io.Reader, fn func(Item) error) error {
	dec := json.NewDecoder(r)
	if _, err := dec.Token(); err != nil {
		return err
	}
	n := 0
	for dec.More() {
		n++
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return fmt.Errorf("item %d of the array is not valid JSON (%w): correct it; the items before it were taken", n, err)
		}
		if err := fn(Item{compact(raw), fmt.Sprintf("item %d", n)}); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("the array does not end after item %d (%w): is the file whole?", n, err)
	}
	return nil
}

func compact(b []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, b) != nil {
		return b
	}
	return out.Bytes()
}
