package importer

import "strings"

// resolve returns what a reference in a page leads to: the URL that a browser makes
// of it and of a canonical base (RFC 3986, 5.2, with the backslashes and line breaks
// that the WHATWG's URL standard reads). It need not be canonical, nor be a page's.
func resolve(base, ref string) string {
	if strings.ContainsAny(ref, "\t\r\n") {
		ref = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(ref)
	}
	ref = strings.Trim(ref, " \f\v")
	scheme, rest, _ := strings.Cut(base, "://")
	host := len(base) - len(rest)
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		host += i
	} else {
		host = len(base)
	}
	path, _, _ := strings.Cut(base[host:], "?")
	switch {
	case ref == "" || ref[0] == '#':
		return base
	case hasScheme(ref):
		return ref
	case len(ref) > 1 && isSlash(ref[0]) && isSlash(ref[1]):
		return scheme + "://" + ref[2:]
	case isSlash(ref[0]):
		return base[:host] + ref
	case ref[0] == '?':
		return base[:host] + path + ref
	}
	return base[:host] + path[:strings.LastIndexByte(path, '/')+1] + ref
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// hasScheme reports whether a reference begins with a scheme (RFC 3986, 3.1).
func hasScheme(ref string) bool {
	for i := range len(ref) {
		switch c := ref[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return c == ':' && i > 0
		}
	}
	return false
}
