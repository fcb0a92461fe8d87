package link

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const (
	maxHost        = 253 // bytes, RFC 1035 without the final dot
	maxLabel       = 63
	punycodePrefix = "xn--"
)

// international maps international names as browsers do: UTS 46, not transitional ("ß"
// stays), and, unlike idna.Lookup, with "_" and "--" wherever they stand, because
// real hosts have them.
var international = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(false), idna.CheckHyphens(false))

// canonicalHost returns the host and, unless it is the scheme's own, ":port" of
// an authority; fix says what is wrong if it is not empty.
func canonicalHost(authority, scheme string) (host, fix string) {
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	var port string
	if strings.HasPrefix(authority, "[") {
		inside, rest, ok := strings.Cut(authority[1:], "]")
		addr, err := netip.ParseAddr(inside)
		if !ok || err != nil || !addr.Is6() || addr.Zone() != "" || rest != "" && rest[0] != ':' {
			return "", "must have an IPv6 address in the brackets, such as http://[2001:db8::1]/"
		}
		host, port = "["+addr.String()+"]", strings.TrimPrefix(rest, ":")
	} else {
		host, port, _ = strings.Cut(authority, ":")
		if host, fix = canonicalName(host); fix != "" {
			return "", fix
		}
	}
	if port == "" {
		return host, ""
	}
	digits := strings.TrimLeft(port, "0")
	n, err := strconv.ParseUint(digits, 10, 16)
	switch {
	case err != nil || n == 0 || !isDigit(digits[0]):
		return "", "must have a port between 1 and 65535"
	case n == 80 && scheme == "http" || n == 443 && scheme == "https":
		return host, ""
	}
	return host + ":" + digits, ""
}

// canonicalName returns the canonical form of a host name or IPv4 address.
func canonicalName(name string) (host, fix string) {
	const charset = "must have a host of letters, digits, '-', '_' and '.'"
	if strings.Contains(name, "%") {
		var b []byte
		for i := 0; i < len(name); i++ {
			c := name[i]
			if c == '%' {
				var ok bool
				if c, ok = escape(name[i:]); !ok {
					return "", charset
				}
				i += 2
			}
			b = append(b, c)
		}
		name = string(b)
	}
	if !utf8.ValidString(name) {
		return "", "must have a host in UTF-8 or punycode"
	}
	// The dot at the end goes first: mapping can leave nothing of a label after it.
	if r, size := utf8.DecodeLastRuneInString(name); strings.ContainsRune(".。．｡", r) {
		name = name[:len(name)-size]
	}
	// Lower case comes last: İ is no spelling of i to those who map it.
	foreign := func(r rune) bool { return r >= utf8.RuneSelf }
	if strings.ContainsFunc(name, foreign) || strings.Contains(strings.ToLower(name), punycodePrefix) {
		ascii, err := international.ToASCII(name)
		if err == nil { // some names fail only as what they are mapped to
			ascii, err = international.ToASCII(ascii)
		}
		if err != nil {
			return "", "must have a valid international host name: " + err.Error()
		}
		name = ascii
	}
	name = strings.ToLower(name)
	switch {
	case name == "":
		return "", "must have a host"
	case len(name) > maxHost:
		return "", "must have a host of at most 253 bytes"
	}
	last := ""
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel {
			return "", "must have a host whose parts between dots are 1 to 63 bytes long"
		}
		for i := 0; i < len(label); i++ {
			if bytesOf[label[i]]&hostByte == 0 {
				return "", charset
			}
		}
		last = label
	}
	if isDigit(last[0]) {
		if _, number := parseNumber(last); number || strings.Trim(last, "0123456789") == "" {
			return canonicalIPv4(name)
		}
	}
	return name, ""
}

// canonicalIPv4 reads the forms browsers read (WHATWG URL, "IPv4 parser"): one to
// four numbers, decimal, octal with a leading 0 or hexadecimal with 0x, the last
// of which fills all the bytes that are left.
func canonicalIPv4(name string) (host, fix string) {
	const wrong = "must have a host that is a name or an IPv4 address; this one ends in a number but is no address"
	parts := strings.Split(name, ".")
	if len(parts) > 4 {
		return "", wrong
	}
	var addr uint64
	for i, part := range parts {
		n, ok := parseNumber(part)
		left := 8 * (4 - i)
		if i < len(parts)-1 {
			left = 8
		}
		if !ok || n >= 1<<left {
			return "", wrong
		}
		if i < len(parts)-1 {
			n <<= 8 * (3 - i)
		}
		addr |= n
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(addr))
	return netip.AddrFrom4(b).String(), ""
}

// parseNumber reads one part of an IPv4 address, in lower case.
func parseNumber(s string) (n uint64, ok bool) {
	base, digits := 10, s
	if rest, ok := strings.CutPrefix(s, "0x"); ok {
		base, digits = 16, rest
	} else if len(s) > 1 && s[0] == '0' {
		base, digits = 8, s[1:]
	}
	if digits == "" {
		return 0, base == 16
	}
	// ParseUint takes neither signs nor, with a base given, underscores. A number out
	// of its range comes back as the greatest, which is out of that of addresses.
	n, err := strconv.ParseUint(digits, base, 33)
	return n, err == nil || errors.Is(err, strconv.ErrRange)
}
