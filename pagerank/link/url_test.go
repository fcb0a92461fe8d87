package link

import (
	"errors"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
)

type urlRow struct {
	line      int
	raw, want string
}

func goldenURLs(t testing.TB) []urlRow {
	t.Helper()
	text, err := os.ReadFile("testdata/urls.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []urlRow
	for i, line := range strings.Split(string(text), "\n") {
		quoted, want, ok := strings.Cut(line, "\t")
		if !ok {
			continue // comment or empty
		}
		raw, err := strconv.Unquote(`"` + quoted + `"`)
		if err != nil {
			t.Fatalf("urls.txt:%d: %v", i+1, err)
		}
		rows = append(rows, urlRow{i + 1, raw, strings.TrimLeft(want, "\t")})
	}
	return rows
}

func TestCanonicalURLGolden(t *testing.T) {
	rows := goldenURLs(t)
	if len(rows) < 150 {
		t.Fatalf("only %d golden vectors were read", len(rows))
	}
	for _, row := range rows {
		got, err := CanonicalURL(row.raw, 2048)
		reason, refused := strings.CutPrefix(row.want, "! ")
		switch {
		case !refused && (err != nil || got != row.want):
			t.Errorf("urls.txt:%d: %q gives %q, %v; want %q", row.line, row.raw, got, err, row.want)
		case refused && err == nil:
			t.Errorf("urls.txt:%d: %q gives %q; want it refused: %s", row.line, row.raw, got, reason)
		case refused:
			var e *InvalidError
			if !errors.As(err, &e) || e.Field != "url" || e.Value != row.raw || !strings.Contains(e.Fix, reason) {
				t.Errorf("urls.txt:%d: %q is refused with %v; want %s", row.line, row.raw, err, reason)
			}
		default:
			checkCanonicalForm(t, got)
		}
	}
}

// checkCanonicalForm checks what holds for every canonical URL.
func checkCanonicalForm(t *testing.T, u string) {
	t.Helper()
	if again, err := CanonicalURL(u, len(u)); err != nil || again != u {
		t.Errorf("canonical form of %q is %q, %v; want itself", u, again, err)
	}
	for i := 0; i < len(u); i++ {
		if u[i] <= ' ' || u[i] > '~' || strings.IndexByte("\"<>\\^`{|}#", u[i]) >= 0 {
			t.Errorf("%q has the byte %q, which no URL may have", u, u[i])
		}
	}
	parsed, err := url.Parse(u)
	if err != nil {
		t.Errorf("net/url cannot parse %q: %v", u, err)
		return
	}
	if parsed.User != nil || parsed.Fragment != "" || parsed.Path == "" || parsed.ForceQuery {
		t.Errorf("%q has a part that a canonical URL never has, or no path", u)
	}
	if host := HostOf(u); host != parsed.Hostname() || host != strings.ToLower(host) {
		t.Errorf("host of %q is %q; net/url says %q", u, host, parsed.Hostname())
	}
	if d := DomainOf(HostOf(u)); d == "" || !strings.HasSuffix(HostOf(u), d) {
		t.Errorf("domain of %q is %q", u, d)
	}
}

func TestCanonicalURLLength(t *testing.T) {
	base := "http://example.com/"
	for _, c := range []struct {
		name, raw string
		ok        bool
	}{
		{"as long as allowed", base + strings.Repeat("a", 100-len(base)), true},
		{"one too long", base + strings.Repeat("a", 101-len(base)), false},
		{"white space around it does not count", " " + base + strings.Repeat("a", 100-len(base)) + " ", true},
		{"nor does the fragment", base + "#" + strings.Repeat("a", 100), true},
		{"too long once escaped", base + strings.Repeat("ä", (100-len(base))/2), false},
		{"longer as given", base + strings.Repeat("./", 100), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := CanonicalURL(c.raw, 100)
			if (err == nil) != c.ok || len(got) > 100 {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	long := "http://" + strings.Repeat("a.", 130) + "com/"
	if _, err := CanonicalURL(long, 2048); err == nil || !strings.Contains(err.Error(), "253 bytes") {
		t.Errorf("host of 263 bytes: %v", err)
	}
}

func FuzzCanonicalURL(f *testing.F) {
	for _, row := range goldenURLs(f) {
		f.Add(row.raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := CanonicalURL(raw, 2048)
		if err != nil {
			var e *InvalidError
			if got != "" || !errors.As(err, &e) || e.Field != "url" || e.Fix == "" {
				t.Errorf("%q: %q with the error %v", raw, got, err)
			}
			return
		}
		if len(got) > 2048 {
			t.Errorf("%q: canonical form of %d bytes", raw, len(got))
		}
		checkCanonicalForm(t, got)
		// A space in front leads past the shortcut for URLs that are canonical.
		if slow, err := CanonicalURL(" "+raw, 2048); err != nil || slow != got {
			t.Errorf("%q: %q, but %q, %v on the long way", raw, got, slow, err)
		}
	})
}

func BenchmarkCanonicalURL(b *testing.B) {
	for _, c := range []struct{ name, url string }{
		{"clean", "https://en.wikipedia.org/wiki/Google_matrix?action=history&limit=50"},
		{"escapes", "https://en.wikipedia.org/wiki/Perron%E2%80%93Frobenius_theorem"},
		{"untidy", "HTTP://Example.COM:80/a/../b/./c%7e.html?x=1#top"},
		{"international", "https://bücher.example/straße"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := CanonicalURL(c.url, 2048); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
