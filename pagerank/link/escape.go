package link

import "bytes"

// byteSet says where a byte may stand as it is.
type byteSet uint8

const (
	hostByte   byteSet = 1 << iota // a label of a canonical host
	pathByte                       // RFC 3986 pchar and "/", without "%"
	queryByte                      // pathByte and "?"
	unreserved                     // never escaped in a canonical URL
)

var bytesOf = func() (t [256]byteSet) {
	add := func(chars string, s byteSet) {
		for _, c := range []byte(chars) {
			t[c] |= s
		}
	}
	const lower, upper, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	add(lower+digits+"-_", hostByte)
	add(lower+upper+digits+"-._~", pathByte|queryByte|unreserved)
	add("!$&'()*+,;=:@/", pathByte|queryByte)
	add("?", queryByte)
	return t
}()

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// appendEscaped appends s with its escapes normalised and every byte that is not
// in allowed escaped. A "%" that starts no escape becomes "%25".
func appendEscaped(b []byte, s string, allowed byteSet) []byte {
	const hex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		c := s[i]
		if bytesOf[c]&allowed != 0 {
			b = append(b, c)
			continue
		}
		if v, ok := escape(s[i:]); ok {
			i += 2
			if c = v; bytesOf[c]&unreserved != 0 {
				b = append(b, c)
				continue
			}
		}
		b = append(b, '%', hex[c>>4], hex[c&15])
	}
	return b
}

// escape returns the byte that the escape at the start of s stands for.
func escape(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	hi, ok1 := unhex(s[1])
	lo, ok2 := unhex(s[2])
	return hi<<4 | lo, ok1 && ok2
}

func unhex(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// appendPath appends the canonical form of a path, which is empty or starts with
// "/" or "\". Dot segments go after escapes are decoded: "%2e%2e" is "..".
func appendPath(b []byte, path string) []byte {
	if path == "" {
		return append(b, '/')
	}
	start := len(b)
	for {
		i := 0
		for i < len(path) && path[i] != '\\' {
			i++
		}
		b = appendEscaped(b, path[:i], pathByte)
		if i == len(path) {
			break
		}
		b = append(b, '/')
		path = path[i+1:]
	}
	if !bytes.Contains(b[start:], []byte("/.")) {
		return b
	}
	return b[:start+len(removeDots(b[start:]))]
}

// removeDots resolves "." and ".." in place (RFC 3986, 5.2.4).
func removeDots(p []byte) []byte {
	out := p[:0]
	for len(p) > 0 {
		end := bytes.IndexByte(p[1:], '/') + 1
		last := end == 0
		if last {
			end = len(p)
		}
		switch string(p[:end]) {
		case "/.":
		case "/..":
			out = out[:max(0, bytes.LastIndexByte(out, '/'))]
		default:
			out, last = append(out, p[:end]...), false
		}
		if last {
			out = append(out, '/')
		}
		p = p[end:]
	}
	return out
}
