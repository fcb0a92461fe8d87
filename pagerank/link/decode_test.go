package link

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

var arrival = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// wire returns an event's JSON with the given type and data.
func wire(kind, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"e1","source":"/crawler","type":"freshrank.%s",`+
		`"time":"2026-03-01T11:59:00.5Z","datacontenttype":"application/json","data":%s}`, kind, data)
}

func decode(s string) (Event, error) { return DefaultLimits().Decode([]byte(s), arrival) }

func TestDecode(t *testing.T) {
	at := time.Date(2026, 3, 1, 11, 59, 0, 5e8, time.UTC)
	base := Event{ID: "e1", Source: "/crawler", Time: at, URL: "http://a.example/"}
	with := func(f func(*Event)) Event { e := base; f(&e); return e }
	for _, c := range []struct {
		name, json string
		want       Event
	}{
		{"crawled", wire("page.crawled", `{"url":"HTTP://A.example","links":[{"url":"http://c.example/","rel":"UGC, nofollow external"},{"url":"http://b.example"}]}`),
			with(func(e *Event) {
				e.Type = PageCrawled
				e.Links = []Link{{"http://b.example/", 0}, {"http://c.example/", UGC | NoFollow}}
			})},
		{"duplicates collapse, the plain one wins", wire("page.crawled", `{"url":"http://a.example/","links":[
			{"url":"http://b.example/","rel":"nofollow"},{"url":"http://b.example/#x"},{"url":"http://c.example/","rel":"ugc"},{"url":"http://c.example/","rel":"sponsored"}]}`),
			with(func(e *Event) {
				e.Type = PageCrawled
				e.Links = []Link{{"http://b.example/", 0}, {"http://c.example/", UGC | Sponsored}}
				e.Duplicates = 2
			})},
		{"self-loops go", wire("page.crawled", `{"url":"http://a.example/","links":[{"url":"http://a.example/#top"},{"url":"http://a.example"}]}`),
			with(func(e *Event) { e.Type = PageCrawled; e.SelfLoops = 2 })},
		{"no links", wire("page.crawled", `{"url":"http://a.example/","links":[]}`), with(func(e *Event) { e.Type = PageCrawled })},
		{"gone", wire("page.gone", `{"url":"http://a.example/"}`), with(func(e *Event) { e.Type = PageGone })},
		{"alias", wire("page.alias", `{"url":"http://a.example/","target":"https://a.example/"}`),
			with(func(e *Event) { e.Type = PageAlias; e.Target = "https://a.example/" })},
		{"added", wire("link.added", `{"url":"http://a.example/","target":"http://b.example/","rel":"sponsored"}`),
			with(func(e *Event) { e.Type = LinkAdded; e.Target = "http://b.example/"; e.Rel = Sponsored })},
		{"added, rel null", wire("link.added", `{"url":"http://a.example/","target":"http://b.example/","rel":null}`),
			with(func(e *Event) { e.Type = LinkAdded; e.Target = "http://b.example/" })},
		{"added to itself", wire("link.added", `{"url":"http://a.example/","target":"http://a.example/"}`),
			with(func(e *Event) { e.Type = LinkAdded; e.Target = "http://a.example/"; e.SelfLoops = 1 })},
		{"removed, rel has no say", wire("link.removed", `{"url":"http://a.example/","target":"http://b.example/","rel":"ugc"}`),
			with(func(e *Event) { e.Type = LinkRemoved; e.Target = "http://b.example/" })},
		{"other order, extensions, escapes, white space", "\n" + `{ "data" : {"url":"http:\/\/a.example\/"} ,"traceparent":"00","subject":null,"x":[1,-2.5e+3,{"y":[true,false,null]}],
			"ty\u0070e":"freshrank.page.gone","time":"2026-03-01T12:59:00.500+01:00","source":"/crawler","id":"e1","specversion":"1.0"}` + "\t\r\n",
			with(func(e *Event) { e.Type = PageGone })},
		{"time in lower case", strings.Replace(wire("page.gone", `{"url":"http://a.example/"}`), "T11:59:00.5Z", "t11:59:00.5z", 1),
			with(func(e *Event) { e.Type = PageGone })},
		{"content type with a parameter", strings.Replace(wire("page.gone", `{"url":"http://a.example/"}`), "application/json", "Application/JSON; charset=utf-8", 1),
			with(func(e *Event) { e.Type = PageGone })},
		{"id in any script", strings.Replace(wire("page.gone", `{"url":"http://a.example/"}`), "e1", `é\ud83d\ude00\"\\`, 1),
			with(func(e *Event) { e.Type = PageGone; e.ID = `é😀"\` })},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := decode(c.json)
			if err != nil {
				t.Fatal(err)
			}
			if got.Tie == 0 {
				t.Error("no tie")
			}
			tie := got.Tie
			got.Tie = 0
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
			got.Tie = tie
			checkRoundTrip(t, got, DefaultLimits())
		})
	}
}

// checkRoundTrip checks that e is what its encoding decodes to.
func checkRoundTrip(t *testing.T, e Event, l Limits) {
	t.Helper()
	text, err := Encode(&e)
	if err != nil {
		t.Fatalf("encode %+v: %v", e, err)
	}
	if !json.Valid(text) {
		t.Errorf("no JSON: %s", text)
	}
	again, err := l.Decode(text, arrival)
	if err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
	e.Duplicates = 0
	if e.Type == PageCrawled {
		e.SelfLoops = 0
	}
	if !reflect.DeepEqual(again, e) {
		t.Errorf("%s\ngives %+v\nwant  %+v", text, again, e)
	}
}

func TestDecodeRefuses(t *testing.T) {
	gone := wire("page.gone", `{"url":"http://a.example/"}`)
	change := func(from, to string) string {
		if !strings.Contains(gone, from) {
			t.Fatalf("nothing to change: %s", from)
		}
		return strings.Replace(gone, from, to, 1)
	}
	crawled := func(links string) string {
		return wire("page.crawled", `{"url":"http://a.example/","links":`+links+`}`)
	}
	many := func(n int, link string) string { return "[" + strings.Repeat(link+",", n-1) + link + "]" }
	for _, c := range []struct{ name, json, field, value, fix string }{
		{"nothing", "", "event", "", "not valid JSON at byte 0"},
		{"no JSON", "hello", "event", "hello", "not valid JSON at byte 0"},
		{"no object", "[]", "event", "[]", "must be a JSON object"},
		{"truncated", gone[:40], "event", "", "not valid JSON at byte 40"},
		{"text after it", gone + "{}", "event", "{}", "expected the end"},
		{"comma too many", change(`"id"`, `,"id"`), "event", `,"id":"e1"`, "expected a name"},
		{"name without quotes", change(`"id"`, `id`), "event", `id:"e1"`, "expected a name"},
		{"no colon", change(`"id":`, `"id"`), "event", `"e1"`, "expected ':'"},
		{"single quotes", change(`"e1"`, `'e1'`), "event", `'e1'`, "expected a value"},
		{"number that is none", change(`"id":"e1"`, `"x":01`), "event", `1,"source"`, "expected ',' or '}'"},
		{"point without digits", change(`"id":"e1"`, `"x":1.`), "event", `,"source"`, "expected a digit"},
		{"exponent without digits", change(`"id":"e1"`, `"x":1e+`), "event", `,"source"`, "expected a digit"},
		{"unknown literal", change(`"id":"e1"`, `"x":nul`), "event", `nul,`, "expected a value"},
		{"unknown escape", change("e1", `\x41`), "event", "", "an escape that JSON knows"},
		{"half a surrogate pair", change("e1", `\ud83d`), "event", "", "stand for a character"},
		{"wrong surrogate pair", change("e1", `\ud83d\u0041`), "event", "", "stand for a character"},
		{"invalid UTF-8", change("e1", "\xff"), "event", "", "text in UTF-8"},
		{"invalid UTF-8 beside an escape", change("e1", "\xff\\n"), "event", "", "text in UTF-8"},
		{"line feed in a string", change("e1", "e\n1"), "event", "", "no control character"},
		{"string without end", `{"id":"e1`, "event", "", "expected '\"'"},
		{"too deep", change(`"id":"e1"`, `"x":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)), "event", "", "less nesting"},

		{"no specversion", change(`"specversion":"1.0",`, ""), "specversion", "", `must be "1.0"`},
		{"old specversion", change("1.0", "0.3"), "specversion", "0.3", `must be "1.0"`},
		{"specversion a number", change(`"1.0"`, "1.0"), "specversion", "1.0", "must be a JSON string"},
		{"no id", change(`"id":"e1",`, ""), "id", "", "missing or empty"},
		{"empty id", change("e1", ""), "id", "", "missing or empty"},
		{"id a number", change(`"e1"`, "17"), "id", "17", "must be a JSON string"},
		{"long id", change("e1", strings.Repeat("i", 257)), "id", strings.Repeat("i", 200), "257 bytes long; at most 256"},
		{"control character in the id", change("e1", `e\u00001`), "id", "e\x001", "control characters"},
		{"no source", change(`"source":"/crawler",`, ""), "source", "", "missing or empty"},
		{"long source", change("/crawler", strings.Repeat("s", 2049)), "source", strings.Repeat("s", 200), "at most 2048"},
		{"control character in the source", change("/crawler", `a\u0085b`), "source", "a\u0085b", "control characters"},
		{"no type", change(`"type":"freshrank.page.gone",`, ""), "type", "", "must be one of freshrank.page.crawled, "},
		{"unknown type", change("page.gone", "page.deleted"), "type", "freshrank.page.deleted", "freshrank.link.removed"},
		{"type in another case", change("freshrank.page", "Freshrank.page"), "type", "Freshrank.page.gone", "must be one of"},
		{"name in another case", change(`"type"`, `"Type"`), "type", "", "must be one of"},
		{"no time", change(`"time":"2026-03-01T11:59:00.5Z",`, ""), "time", "", "RFC 3339"},
		{"time without zone", change("00.5Z", "00.5"), "time", "2026-03-01T11:59:00.5", "RFC 3339"},
		{"time with a comma", change("00.5Z", "00,5Z"), "time", "2026-03-01T11:59:00,5Z", "RFC 3339"},
		{"hour of one digit", change("11:59", "1:59"), "time", "2026-03-01T1:59:00.5Z", "RFC 3339"},
		{"offset of a day", change("5Z", "5-24:00"), "time", "2026-03-01T11:59:00.5-24:00", "RFC 3339"},
		{"offset of 60 minutes", change("5Z", "5+00:60"), "time", "2026-03-01T11:59:00.5+00:60", "RFC 3339"},
		{"leap second", change("00.5Z", "60Z"), "time", "2026-03-01T11:59:60Z", "RFC 3339"},
		{"time a number", change(`"2026-03-01T11:59:00.5Z"`, "1772366340"), "time", "1772366340", "must be a JSON string"},
		{"day that is none", change("03-01", "02-29"), "time", "2026-02-29T11:59:00.5Z", "RFC 3339"},
		{"time before 1970", change("2026-", "1969-"), "time", "1969-03-01T11:59:00.5Z", "between 1970 and 2262"},
		{"time zero", change("2026-03-01T11:59:00.5Z", "1970-01-01T00:00:00Z"), "time", "1970-01-01T00:00:00Z", "between 1970"},
		{"time past int64", change("2026-", "9999-"), "time", "9999-03-01T11:59:00.5Z", "between 1970 and 2262"},
		{"time in the future", change("11:59:00.5", "12:10:00.000000001"), "time", "2026-03-01T12:10:00.000000001Z", "more than 10m0s after"},
		{"content type", change("application/json", "text/html"), "datacontenttype", "text/html", "must be"},
		{"empty content type", change("application/json", ""), "datacontenttype", "", "must be"},
		{"attribute twice", change(`"id":"e1"`, `"id":"e1","id":"e2"`), "id", "", "given twice"},
		{"attribute twice, once escaped", change(`"id":"e1"`, `"id":"e1","i\u0064":"e2"`), "id", "", "given twice"},
		{"extension twice", change(`"id":"e1"`, `"id":"e1","x":1,"x":1`), "x", "", "given twice"},

		{"no data", change(`,"data":{"url":"http://a.example/"}`, ""), "data", "", "is missing"},
		{"data null", change(`{"url":"http://a.example/"}`, "null"), "data", "null", "must be a JSON object"},
		{"data a string", change(`{"url":"http://a.example/"}`, `"{}"`), "data", `"{}"`, "must be a JSON object"},
		{"data in base64", change(`"data"`, `"data_base64":"e30=","data"`), "data_base64", "", "as a JSON object"},
		{"unknown field", wire("page.gone", `{"url":"http://a.example/","title":"A"}`), "data.title", "", "no field of data"},
		{"field in another case", wire("page.gone", `{"URL":"http://a.example/"}`), "data.URL", "", "no field of data"},
		{"field twice", wire("page.gone", `{"url":"http://a.example/","url":"http://a.example/"}`), "data.url", "", "given twice"},
		{"no url", wire("page.gone", `{}`), "data.url", "", "is missing"},
		{"url null", wire("page.gone", `{"url":null}`), "data.url", "null", "must be a JSON string"},
		{"url not http", wire("page.gone", `{"url":"ftp://a.example/"}`), "data.url", "ftp://a.example/", "http or https"},
		{"url too long", wire("page.gone", `{"url":"http://a.example/`+strings.Repeat("a", 2048)+`"}`), "data.url", "http://a.example/" + strings.Repeat("a", 183), "2065 bytes long; at most 2048"},
		{"gone with links", wire("page.gone", `{"url":"http://a.example/","links":[]}`), "data.links", "", "no field of freshrank.page.gone"},
		{"gone with target", wire("page.gone", `{"url":"http://a.example/","target":"http://b.example/"}`), "data.target", "", "no field of freshrank.page.gone"},
		{"alias with rel", wire("page.alias", `{"url":"http://a.example/","target":"http://b.example/","rel":""}`), "data.rel", "", "no field of freshrank.page.alias"},
		{"alias without target", wire("page.alias", `{"url":"http://a.example/"}`), "data.target", "", "is missing"},
		{"alias of itself", wire("page.alias", `{"url":"http://a.example/","target":"http://A.example"}`), "data.target", "http://a.example/", "another page"},
		{"added with links", wire("link.added", `{"url":"http://a.example/","target":"http://b.example/","links":[]}`), "data.links", "", "no field of freshrank.link.added"},
		{"added without target", wire("link.added", `{"url":"http://a.example/"}`), "data.target", "", "is missing"},
		{"target not http", wire("link.added", `{"url":"http://a.example/","target":"mailto:x@a.example"}`), "data.target", "mailto:x@a.example", "http or https"},
		{"long value of another type", wire("page.gone", `{"url":["x`+strings.Repeat("ä", 150)+`"]}`), "data.url", `["x` + strings.Repeat("ä", 98), "must be a JSON string"},
		{"rel a list", wire("link.added", `{"url":"http://a.example/","target":"http://b.example/","rel":["ugc"]}`), "data.rel", `["ugc"]`, "must be a JSON string"},

		{"no links", wire("page.crawled", `{"url":"http://a.example/"}`), "data.links", "", "[] if it has none"},
		{"links null", crawled("null"), "data.links", "null", "must be a JSON array"},
		{"links an object", crawled("{}"), "data.links", "{}", "must be a JSON array"},
		{"link a string", crawled(`[{"url":"http://b.example/"},"http://b.example/"]`), "data.links[1]", `"http://b.example/"`, "must be a JSON object"},
		{"link without url", crawled(`[{"rel":"ugc"}]`), "data.links[0].url", "", "is missing"},
		{"link with an unknown field", crawled(`[{"url":"http://b.example/","text":"b"}]`), "data.links[0].text", "", "no field of a link"},
		{"link with a field twice", crawled(`[{"rel":"","rel":""}]`), "data.links[0].rel", "", "given twice"},
		{"link not http", crawled("[" + strings.Repeat(`{"url":"http://b.example/"},`, 17) + `{"url":"mailto:x@a.example"}]`), "data.links[17].url", "mailto:x@a.example", "http or https"},
		{"relative link", crawled(`[{"url":"/b"}]`), "data.links[0].url", "/b", "absolute"},
		{"too many links", crawled(many(5001, `{"url":"http://b.example/"}`)), "data.links", "5001 links", "at most 5000"},
		{"too large", gone + strings.Repeat(" ", 8<<20), "event", fmt.Sprintf("%d bytes", len(gone)+8<<20), "at most 8388608 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, err := decode(c.json)
			var i *InvalidError
			if !errors.As(err, &i) {
				t.Fatalf("got %+v, %v; want an InvalidError", e, err)
			}
			if i.Field != c.field || !strings.Contains(i.Fix, c.fix) {
				t.Errorf("got %v; want field %s, fix %s", err, c.field, c.fix)
			}
			if c.field != "event" && i.Value != c.value || !strings.HasPrefix(i.Value, c.value) {
				t.Errorf("value is %q, want %q", i.Value, c.value)
			}
			if !reflect.ValueOf(e).IsZero() {
				t.Errorf("refused, yet returned %+v", e)
			}
		})
	}
}

func TestDecodeAtTheLimits(t *testing.T) {
	links := strings.Repeat(`{"url":"http://b.example/"},`, 4999) + `{"url":"http://b.example/"}`
	e, err := decode(wire("page.crawled", `{"url":"http://a.example/","links":[`+links+`]}`))
	if err != nil || len(e.Links) != 1 || e.Duplicates != 4999 {
		t.Errorf("5000 links: %d kept, %d duplicates, %v", len(e.Links), e.Duplicates, err)
	}
	if _, err := decode(strings.Replace(wire("page.gone", `{"url":"http://a.example/"}`), "11:59:00.5", "12:10:00", 1)); err != nil {
		t.Errorf("exactly 10 minutes ahead: %v", err)
	}

	// What is accepted must also be so in canonical form, which can be longer.
	text := wire("page.gone", `{"url":"http://a.example/`+strings.Repeat("ä", 100)+`"}`)
	l := DefaultLimits()
	l.MaxEventBytes = len(text) + 10
	if _, err := l.Decode([]byte(text), arrival); err == nil || !strings.Contains(err.Error(), "in canonical form") {
		t.Errorf("event that is too large once escaped: %v", err)
	}
}

func TestTie(t *testing.T) {
	tie := func(s string) uint64 {
		e, err := decode(s)
		if err != nil {
			t.Fatal(err)
		}
		return e.Tie
	}
	base := wire("page.crawled", `{"url":"http://a.example/","links":[{"url":"http://b.example/"},{"url":"http://c.example/","rel":"ugc"}]}`)
	same := wire("page.crawled", `{"links":[{"rel":"UGC x","url":"http://c.example"},{"url":"http://b.example/#x"},{"url":"http://a.example"}],"url":"http://A.example/"}`)
	if tie(base) != tie(same) {
		t.Error("two texts of the same content have different ties")
	}
	for _, other := range []string{
		strings.Replace(base, "/crawler", "/crawler2", 1),
		strings.Replace(base, "c.example", "d.example", 1),
		strings.Replace(base, "ugc", "nofollow", 1),
		wire("page.gone", `{"url":"http://a.example/"}`),
	} {
		if tie(base) == tie(other) {
			t.Errorf("same tie for other content: %s", other)
		}
	}
	// The log outlives programs: the tie of a given event must never change. This
	// one is from sha256sum over "/crawler", "freshrank.page.crawled" and the data
	// as in base, with a NUL between them.
	if got, want := tie(base), uint64(0x6088920cf6e7323f); got != want {
		t.Errorf("tie is %#x, was %#x", got, want)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, c := range []struct {
		name, field string
		change      func(*Event)
	}{
		{"unknown type", "type", func(e *Event) { e.Type = 9 }},
		{"no id", "id", func(e *Event) { e.ID = "" }},
		{"invalid UTF-8", "source", func(e *Event) { e.Source = "\xff" }},
		{"no time", "time", func(e *Event) { e.Time = time.Time{} }},
		{"no url", "data.url", func(e *Event) { e.URL = "" }},
		{"url as given", "data.url", func(e *Event) { e.URL = "http://A.example" }},
		{"link as given", "data.links[1].url", func(e *Event) { e.Links[1].URL = "http://c.example" }},
		{"unsorted", "data.links[1].url", func(e *Event) { e.Links[0], e.Links[1] = e.Links[1], e.Links[0] }},
		{"self-loop", "data.links[0].url", func(e *Event) { e.URL = e.Links[0].URL }},
		{"alias of itself", "data.target", func(e *Event) { e.Type = PageAlias; e.Target = e.URL }},
		{"no target", "data.target", func(e *Event) { e.Type = LinkAdded }},
	} {
		e := Event{ID: "e", Source: "s", Time: arrival, Type: PageCrawled, URL: "http://a.example/",
			Links: []Link{{URL: "http://b.example/"}, {URL: "http://c.example/"}}}
		c.change(&e)
		text, err := Encode(&e)
		var i *InvalidError
		if !errors.As(err, &i) || i.Field != c.field {
			t.Errorf("%s: %s, %v; want field %s", c.name, text, err, c.field)
		}
	}
}

func TestParseRel(t *testing.T) {
	for s, want := range map[string]Rel{
		"": 0, "noopener": 0, "nofollow": NoFollow, "NoFollow": NoFollow, "ugc,sponsored": UGC | Sponsored,
		" ugc\tnofollow  x": UGC | NoFollow, "nofollowed": 0, "no follow": 0, "nofollow nofollow": NoFollow,
	} {
		if got := ParseRel(s); got != want {
			t.Errorf("%q is %q, want %q", s, got, want)
		}
		if ParseRel(want.String()) != want {
			t.Errorf("%q does not parse back", want)
		}
	}
}

func TestInvalidErrorIsShort(t *testing.T) {
	long := strings.Repeat("ä", 150)
	for _, e := range []*InvalidError{invalid("url", "x"+long, "x"), {Field: "url", Value: "x" + long, Fix: "x"}} {
		if got, want := e.Error(), `url "x`+strings.Repeat("ä", 99)+`": x`; got != want {
			t.Errorf("got %s", got)
		}
	}
}

// TestExtensions: attributes that mean nothing here are passed over, as long as they are
// few.
func TestExtensions(t *testing.T) {
	event := func(n int) []byte {
		more := ""
		for i := range n {
			more += fmt.Sprintf(`"x%d":1,`, i)
		}
		return []byte("{" + more + strings.TrimPrefix(wire("page.gone", `{"url":"http://a.example/"}`), "{"))
	}
	if _, err := DefaultLimits().Decode(event(64), arrival); err != nil {
		t.Error(err)
	}
	var bad *InvalidError
	if _, err := DefaultLimits().Decode(event(65), arrival); !errors.As(err, &bad) || !strings.Contains(err.Error(), "at most 64") {
		t.Errorf("65 of them: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, data := range []string{`{}`, `{"url":"http://a.example/"}`, `{"url":"http://a.example/","target":"http://b.example/","rel":"ugc nofollow"}`,
		`{"url":"http://a.example/","links":[{"url":"http://b.example/%c3","rel":null},{"url":"http://a.example/#x"},{"url":"http:\/\/ä.example"}]}`} {
		for t := PageCrawled; t <= LinkRemoved; t++ {
			f.Add([]byte(wire(strings.TrimPrefix(t.String(), "freshrank."), data)))
		}
	}
	f.Add([]byte(`{"x":[1,-2.5e+3,{"y":[true,false,null]}],"id":"\ud83d\ude00"}`))
	l := DefaultLimits()
	l.MaxLinks, l.MaxEventBytes = 5, 4096
	f.Fuzz(func(t *testing.T, value []byte) {
		e, err := l.Decode(value, arrival)
		if err != nil {
			var i *InvalidError
			if !errors.As(err, &i) || i.Field == "" || i.Fix == "" || len(i.Value) > maxShown {
				t.Errorf("%q: %#v", value, err)
			}
			return
		}
		var loose struct {
			ID, Source, Type string
			Data             struct{ URL string }
		}
		if err := json.Unmarshal(value, &loose); err != nil {
			t.Errorf("encoding/json refuses %q: %v", value, err)
		}
		if e.ID == "" || e.Source == "" || e.URL == "" || e.Version().Compare(Imported) <= 0 || len(e.Links) > l.MaxLinks {
			t.Errorf("%q: %+v", value, e)
		}
		checkRoundTrip(t, e, l)
	})
}

func BenchmarkDecode(b *testing.B) {
	text := func(links int) []byte {
		var l []string
		for i := range links {
			l = append(l, fmt.Sprintf(`{"url":"https://host-%d.example/some/path/page-%d.html"}`, i%37, i))
		}
		return []byte(wire("page.crawled", `{"url":"http://a.example/","links":[`+strings.Join(l, ",")+`]}`))
	}
	for _, links := range []int{0, 15, 5000} {
		b.Run(fmt.Sprintf("links=%d", links), func(b *testing.B) {
			value, l := text(links), DefaultLimits()
			b.SetBytes(int64(len(value)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Decode(value, arrival); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
