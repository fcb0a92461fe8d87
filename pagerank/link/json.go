package link

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// reader reads JSON values one after the other from a text, stricter than
// encoding/json: names match exactly, and text after the value, invalid UTF-8,
// unpaired surrogates and deep nesting are errors. A method that fails leaves the
// reader useless.
//
// Errors are a *syntaxError if the text is not JSON, otherwise an [*InvalidError]
// whose Field is the path from the value that was being read.
type reader struct {
	text []byte
	pos  int
}

type syntaxError struct {
	pos  int
	near string
	want string
}

func (e *syntaxError) Error() string {
	return fmt.Sprintf("is not valid JSON at byte %d: expected %s", e.pos, e.want)
}

// maxExtensions bounds how many attributes an event may have that nothing is read of:
// their names are kept, so as to refuse one that is given twice.
const maxExtensions = 64

// maxDepth bounds the nesting of values that are skipped.
const maxDepth = 32

func (r *reader) fail(want string) error {
	end := min(len(r.text), r.pos+40)
	return &syntaxError{r.pos, string(r.text[min(r.pos, end):end]), want}
}

// next returns the first byte of the next token without taking it; 0 at the end.
func (r *reader) next() byte {
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; c {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

func (r *reader) take(c byte, want string) error {
	if r.next() != c {
		return r.fail(want)
	}
	r.pos++
	return nil
}

func (r *reader) end() error {
	if r.next(); r.pos < len(r.text) {
		return r.fail("the end, as one event is sent at a time")
	}
	return nil
}

// object calls member with the name of each member, for it to read the value.
func (r *reader) object(member func(name []byte) error) error {
	if r.next() != '{' {
		return r.wrongType("must be a JSON object")
	}
	r.pos++
	if r.next() == '}' {
		r.pos++
		return nil
	}
	for {
		if r.next() != '"' {
			return r.fail("a name in quotes")
		}
		name, err := r.bytes()
		if err != nil {
			return err
		}
		if err := r.take(':', "':'"); err != nil {
			return err
		}
		if err := member(name); err != nil {
			return under(err, string(name))
		}
		switch r.next() {
		case ',':
			r.pos++
		case '}':
			r.pos++
			return nil
		default:
			return r.fail("',' or '}'")
		}
	}
}

// array calls element for each element, for it to read the value.
func (r *reader) array(element func(i int) error) error {
	if r.next() != '[' {
		return r.wrongType("must be a JSON array")
	}
	r.pos++
	if r.next() == ']' {
		r.pos++
		return nil
	}
	for i := 0; ; i++ {
		if err := element(i); err != nil {
			return under(err, "["+strconv.Itoa(i)+"]")
		}
		switch r.next() {
		case ',':
			r.pos++
		case ']':
			r.pos++
			return nil
		default:
			return r.fail("',' or ']'")
		}
	}
}

// string reads a string; the result does not share memory with the text.
func (r *reader) string() (string, error) {
	if r.next() != '"' {
		return "", r.wrongType("must be a JSON string")
	}
	b, err := r.bytes()
	return string(b), err
}

// null takes a null and reports whether there was one.
func (r *reader) null() bool {
	if r.next() != 'n' {
		return false
	}
	return r.literal("null") == nil
}

// wrongType is the error for a value of another type than the one wanted; what is
// no value at all is a syntax error.
func (r *reader) wrongType(fix string) error {
	start := r.pos
	if err := r.skip(maxDepth); err != nil {
		return err
	}
	// A few bytes more than are shown: they are cut where a character ends.
	return invalid("", string(r.text[start:min(r.pos, start+maxShown+utf8.UTFMax)]), "%s", fix)
}

// under puts an error's path below name.
func under(err error, name string) error {
	var e *InvalidError
	if errors.As(err, &e) {
		switch {
		case e.Field == "":
			e.Field = clip(name)
		case e.Field[0] == '[':
			e.Field = clip(name) + e.Field
		default:
			e.Field = clip(name) + "." + e.Field
		}
	}
	return err
}

// skip reads a value of any type and nesting below depth.
func (r *reader) skip(depth int) error {
	if depth == 0 {
		return r.fail("less nesting")
	}
	switch c := r.next(); {
	case c == '{':
		return r.object(func([]byte) error { return r.skip(depth - 1) })
	case c == '[':
		return r.array(func(int) error { return r.skip(depth - 1) })
	case c == '"':
		_, err := r.bytes()
		return err
	case c == 't':
		return r.literal("true")
	case c == 'f':
		return r.literal("false")
	case c == 'n':
		return r.literal("null")
	}
	return r.number()
}
