package apitest

import "strings"

// value returns a value for a parameter; "": none is known.
func (g *Requests) value(name string, absurd int) string {
	if g.chance(absurd) {
		return g.odd()
	}
	if fits := g.fits[name]; len(fits) > 0 {
		return pick(g, fits)
	}
	return ""
}

// typical returns a value as a schema describes it, one of those given if there are.
func (g *Requests) typical(kind string, low, high *float64, given []any) any {
	var some []any
	for _, v := range given {
		if v != nil {
			some = append(some, v)
		}
	}
	if len(some) > 0 && !g.chance(4) {
		return pick(g, some)
	}
	switch kind {
	case "integer", "number":
		from, to := 0.0, 1000.0
		if low != nil {
			from = *low
		}
		if high != nil {
			to = *high
		}
		return int64(from) + g.random.Int64N(max(1, int64(to-from)+1))
	case "boolean":
		return g.chance(2)
	}
	return pick(g, []string{"a", "a.example", "https://a.example/", "1", "x y", "é"})
}

// odd returns a value that nothing should choke on.
func (g *Requests) odd() string {
	return pick(g, []string{
		"", "0", "-1", "1e9", "NaN", "999999999999999999999", "\x00", "\xff\xfe", "%", "%00", "💥", "\u202e", "\x1b[2J", "a b", "a\r\nX-Evil: 1", "'; DROP TABLE x", `"`, "\\", "../..", "<script>",
		strings.Repeat("x", 5000), strings.Repeat("[", 500), strings.Repeat("%", 999), "https://user:pw@[::1]:80/%zz?#", "http://xn--/", "http://\u202e.example/", "//", "a.example", "[::1]", "a..b", "::1",
		"1.2.3.4", "com", "null", "{}", "true", "0b54a1f5-6f6d-4c8f-9d4e-2c4a8f3f1a01", "00000000-0000-0000-0000-000000000000", "AAAAAAA", "W/\"\"",
	})
}

// nonsense returns a body that no operation asks for.
func (g *Requests) nonsense() string {
	switch g.random.IntN(8) {
	case 0:
		return ""
	case 1:
		return strings.Repeat("[", 1+g.random.IntN(20_000))
	case 2:
		deep := 1 + g.random.IntN(2000)
		return strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep)
	case 3:
		return "[" + strings.Repeat("1,", g.random.IntN(60_000)) + "1]"
	case 4:
		return strings.Repeat("{}\n", g.random.IntN(60_000))
	case 5:
		return `{"urls":` + pick(g, []string{"null", "7", "{}", "[7]", "[null]", `["",""]`, `["\u0000"]`, `["\ud800"]`, "[" + strings.Repeat(`"a",`, 1000) + `"a"]`}) + "}"
	case 6:
		return "\x1f\x8b\x08\x00" + g.odd()
	}
	return g.odd()
}

// spoil changes a text a little.
func (g *Requests) spoil(text string) string {
	if text == "" {
		return g.odd()
	}
	at := g.random.IntN(len(text))
	switch g.random.IntN(6) {
	case 0:
		return text[:at]
	case 1:
		return text[:at] + g.odd() + text[at:]
	case 2:
		return text[:at] + string(rune(g.random.IntN(256))) + text[at+1:]
	case 3:
		return text + pick(g, []string{"", "\n", ","}) + text
	case 4:
		return "[" + text + "," + text + "]"
	}
	// A string of it becomes another value.
	if from := strings.IndexByte(text[at:], '"'); from >= 0 {
		from += at
		if to := strings.IndexByte(text[from+1:], '"'); to >= 0 {
			return text[:from] + pick(g, []string{"null", "7", "{}", "[]", `""`, `"\u0000"`, `"\ud800"`, `"ftp://a/"`, "1e999"}) + text[from+to+2:]
		}
	}
	return text
}
