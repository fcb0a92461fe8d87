package link

import (
	"strings"
)

// PolicyVersion is the version of the rules of [CanonicalURL]. A page's identity
// depends on them: files and generations record the version they were made with.
const PolicyVersion = 1

// CanonicalURL returns the one form under which a page is known, by policy
// version 1 (docs/url-policy.md has the reasons):
//
//   - http and https only, and the two stay different pages
//   - scheme and host in lower case, international names in punycode, IPv4 and
//     IPv6 addresses in their usual form, no dot at the end, no default port
//   - no user name or password, no fragment, no "?" without a query
//   - at least the path "/"; "." and ".." segments resolved, "\" read as "/"
//   - %XX in upper case, decoded where it hides a letter, digit, "-", ".", "_"
//     or "~"; bytes that may not stand in a URL become %XX
//   - everything else, such as the order of the query and "//", stays
//
// The result is ASCII without control characters, at most maxBytes long, and its
// own canonical form. The error is an [*InvalidError] with the field "url".
func CanonicalURL(raw string, maxBytes int) (string, error) {
	s, err := canonicalURL(raw, maxBytes)
	if err != nil {
		err.Field = "url"
		return "", err
	}
	return s, nil
}

// canonicalURL leaves the error's field for the caller to name.
func canonicalURL(raw string, maxBytes int) (string, *InvalidError) {
	if len(raw) <= maxBytes && isCanonical(raw) {
		return raw, nil
	}
	trimmed := strings.Trim(raw, " \t\n\v\f\r")
	s, _, _ := strings.Cut(trimmed, "#")
	switch {
	case s == "":
		return "", invalid("", raw, "is missing or empty: give an absolute http or https URL")
	case len(s) > maxBytes:
		return "", invalid("", raw, "is %d bytes long; at most %d are allowed", len(s), maxBytes)
	case strings.ContainsFunc(trimmed, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "", invalid("", raw, "must not contain control characters")
	}
	scheme, rest, ok := cutScheme(s)
	if !ok {
		return "", invalid("", raw, "must be an absolute http or https URL, such as https://example.com/")
	}
	end := strings.IndexAny(rest, `/\?`)
	if end < 0 {
		end = len(rest)
	}
	host, fix := canonicalHost(rest[:end], scheme)
	if fix != "" {
		return "", invalid("", raw, "%s", fix)
	}
	path, query, _ := strings.Cut(rest[end:], "?")

	b := make([]byte, 0, len(s)+16)
	b = append(b, scheme...)
	b = append(b, "://"...)
	b = append(b, host...)
	b = appendPath(b, path)
	if query != "" {
		b = append(b, '?')
		b = appendEscaped(b, query, queryByte)
	}
	if len(b) > maxBytes {
		return "", invalid("", raw, "is %d bytes long in canonical form; at most %d are allowed", len(b), maxBytes)
	}
	return string(b), nil
}

func cutScheme(s string) (scheme, rest string, ok bool) {
	for _, scheme := range [...]string{"http", "https"} {
		n := len(scheme)
		if len(s) >= n+3 && strings.EqualFold(s[:n], scheme) && s[n:n+3] == "://" {
			return scheme, s[n+3:], true
		}
	}
	return "", "", false
}

// isCanonical reports whether s is certainly canonical. It looks at each byte
// once and may say no to a canonical URL with a port, an escape, an IP address,
// an international host or a dot at the start of a path segment.
func isCanonical(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "http://"); !ok {
			return false
		}
	}
	i, label := 0, 0 // label: where the current label of the host starts
	for ; i < len(rest) && rest[i] != '/'; i++ {
		switch c := rest[i]; {
		case c == '.':
			if !isPlainLabel(rest[label:i]) {
				return false
			}
			label = i + 1
		case bytesOf[c]&hostByte == 0:
			return false
		}
	}
	if i == len(rest) || i > maxHost || !isPlainLabel(rest[label:i]) || isDigit(rest[label]) {
		return false
	}
	var last byte
	for ; i < len(rest); i++ {
		c := rest[i]
		if c == '?' {
			break
		}
		if bytesOf[c]&pathByte == 0 || c == '.' && last == '/' {
			return false
		}
		last = c
	}
	if i == len(rest) {
		return true
	}
	if i++; i == len(rest) {
		return false
	}
	for ; i < len(rest); i++ {
		if bytesOf[rest[i]]&queryByte == 0 {
			return false
		}
	}
	return true
}

func isPlainLabel(s string) bool {
	return s != "" && len(s) <= maxLabel && !strings.HasPrefix(s, punycodePrefix)
}
