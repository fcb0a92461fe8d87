package link

import (
	"strings"
	"testing"
)

func TestPageKey(t *testing.T) {
	// printf http://example.com/ | sha256sum
	const want = "2a1b4024-20ef-4657-7471-cdc7409b0fa2"
	k := KeyOf("http://example.com/")
	if k.String() != want {
		t.Errorf("key is %s, want %s", k, want)
	}
	for _, s := range []string{want, strings.ToUpper(want)} {
		if got, err := ParsePageKey(s); err != nil || got != k {
			t.Errorf("%s parses to %s, %v", s, got, err)
		}
	}
	for _, s := range []string{"", want[1:], want + "0", strings.ReplaceAll(want, "-", ""), strings.Replace(want, "0", "g", 1), strings.Replace(want, "-", "0", 1)} {
		if got, err := ParsePageKey(s); err == nil || got != (PageKey{}) {
			t.Errorf("%q parses to %s, %v", s, got, err)
		}
	}
	if got := KafkaKey(&Event{URL: "http://example.com/"}); PageKey(got) != k {
		t.Errorf("log key %x", got)
	}
	if l := KeyOf("http://example.com/a"); k.Compare(l) != strings.Compare(k.String(), l.String()) || k.Compare(k) != 0 {
		t.Error("keys are not ordered as their texts")
	}
}

func TestHostAndDomain(t *testing.T) {
	for _, c := range []struct{ url, host, domain string }{
		{"http://example.com/", "example.com", "example.com"},
		{"https://www.example.co.uk:8080/a?b@c:d", "www.example.co.uk", "example.co.uk"},
		{"https://a.b.github.io/", "a.b.github.io", "b.github.io"},
		{"https://github.io/", "github.io", "github.io"},
		{"https://com/", "com", "com"},
		{"http://localhost:80/", "localhost", "localhost"},
		{"http://my_host.example.com/", "my_host.example.com", "example.com"},
		{"http://a.xn--bcher-kva.example/", "a.xn--bcher-kva.example", "xn--bcher-kva.example"},
		{"http://a.b.xn--55qx5d.cn/", "a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"},
		{"http://127.0.0.1:8080/", "127.0.0.1", "127.0.0.1"},
		{"http://[2001:db8::1]:8080/", "2001:db8::1", "2001:db8::1"},
		{"http://[::1]/", "::1", "::1"},
		{"http://[::a]/", "::a", "::a"},
	} {
		host := HostOf(c.url)
		if domain := DomainOf(host); host != c.host || domain != c.domain {
			t.Errorf("%s has host %s, domain %s; want %s, %s", c.url, host, domain, c.host, c.domain)
		}
	}
	if v := PublicSuffixVersion(); !strings.Contains(v, "revision") {
		t.Errorf("public suffix list version %q", v)
	}
}
