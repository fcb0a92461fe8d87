package link

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

func (r *reader) literal(s string) error {
	if len(r.text)-r.pos < len(s) || string(r.text[r.pos:r.pos+len(s)]) != s {
		return r.fail("a value")
	}
	r.pos += len(s)
	return nil
}

func (r *reader) number() error {
	digits := func() bool {
		start := r.pos
		for r.pos < len(r.text) && isDigit(r.text[r.pos]) {
			r.pos++
		}
		return r.pos > start
	}
	one := func(of string) bool {
		if r.pos == len(r.text) || strings.IndexByte(of, r.text[r.pos]) < 0 {
			return false
		}
		r.pos++
		return true
	}
	one("-")
	if !one("0") && !digits() {
		return r.fail("a value")
	}
	if one(".") && !digits() {
		return r.fail("a digit")
	}
	if one("eE") {
		one("+-")
		if !digits() {
			return r.fail("a digit")
		}
	}
	return nil
}

// bytes reads a string that is known to be next. The result may be part of the
// text.
func (r *reader) bytes() ([]byte, error) {
	r.pos++
	start := r.pos
	ascii := true
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case c == '"':
			s := r.text[start:r.pos]
			if !ascii && !utf8.Valid(s) {
				return nil, r.fail("text in UTF-8")
			}
			r.pos++
			return s, nil
		case c == '\\':
			return r.unescape(append([]byte(nil), r.text[start:r.pos]...))
		case c < ' ':
			return nil, r.fail("no control character in a string")
		case c >= utf8.RuneSelf:
			ascii = false
		}
		r.pos++
	}
	return nil, r.fail("'\"'")
}

// unescape reads the rest of a string that has an escape at r.pos.
func (r *reader) unescape(s []byte) ([]byte, error) {
	for r.pos < len(r.text) {
		c := r.text[r.pos]
		if c < ' ' {
			return nil, r.fail("no control character in a string")
		}
		r.pos++
		if c == '"' {
			if !utf8.Valid(s) {
				return nil, r.fail("text in UTF-8")
			}
			return s, nil
		}
		if c != '\\' {
			s = append(s, c)
			continue
		}
		if r.pos == len(r.text) {
			break
		}
		c = r.text[r.pos]
		r.pos++
		switch c {
		case '"', '\\', '/':
			s = append(s, c)
		case 'b':
			s = append(s, '\b')
		case 'f':
			s = append(s, '\f')
		case 'n':
			s = append(s, '\n')
		case 'r':
			s = append(s, '\r')
		case 't':
			s = append(s, '\t')
		case 'u':
			c, ok := r.hex4()
			if ok && utf16.IsSurrogate(c) {
				if ok = r.pos+1 < len(r.text) && r.text[r.pos] == '\\' && r.text[r.pos+1] == 'u'; ok {
					r.pos += 2
					var low rune
					low, ok = r.hex4()
					c = utf16.DecodeRune(c, low)
					ok = ok && c != utf8.RuneError
				}
			}
			if !ok {
				return nil, r.fail("four hexadecimal digits that stand for a character")
			}
			s = utf8.AppendRune(s, c)
		default:
			return nil, r.fail("an escape that JSON knows")
		}
	}
	return nil, r.fail("'\"'")
}

func (r *reader) hex4() (rune, bool) {
	if len(r.text)-r.pos < 4 {
		return 0, false
	}
	var n rune
	for _, c := range r.text[r.pos : r.pos+4] {
		v, ok := unhex(c)
		if !ok {
			return 0, false
		}
		n = n<<4 | rune(v)
	}
	r.pos += 4
	return n, true
}
