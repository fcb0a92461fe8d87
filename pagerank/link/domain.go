package link

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// HostOf returns the host of a canonical URL without its port, an IPv6 address
// without its brackets.
func HostOf(canonicalURL string) string {
	_, rest, _ := strings.Cut(canonicalURL, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest = rest[:i]
	}
	if v6, ok := strings.CutPrefix(rest, "["); ok {
		host, _, _ := strings.Cut(v6, "]")
		return host
	}
	host, _, _ := strings.Cut(rest, ":")
	return host
}

// DomainOf returns the registered domain of a host as [HostOf] returns it: one
// label more than its public suffix, private suffixes such as github.io included.
// A host that has none (an address, "localhost", a public suffix) is its own.
func DomainOf(host string) string {
	if host == "" || isDigit(host[len(host)-1]) || strings.Contains(host, ":") {
		if _, err := netip.ParseAddr(host); err == nil {
			return host
		}
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return domain
}

// PublicSuffixVersion names the revision and date of the Public Suffix List that
// [DomainOf] goes by.
func PublicSuffixVersion() string { return publicsuffix.List.String() }
