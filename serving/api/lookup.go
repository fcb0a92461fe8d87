package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"freshrank/pagerank/link"
)

// maxLookup is how many URLs one lookup may name.
const maxLookup = 1000

// Lookup is the body of a lookup.
type Lookup struct {
	URLs []string `json:"urls" minItems:"1" maxItems:"1000" nullable:"false" doc:"http or https URLs; repeats are allowed."`
}

// lookupInput takes the body as it is: huma would list every element of a long
// array that is none of a URL before it says that there are too many.
type lookupInput struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte `contentType:"application/json"`
}

// parseLookup reads a Lookup and stops at the first thing that is wrong.
func parseLookup(contentType string, body []byte) ([]string, error) {
	if _, err := mediaOf(contentType, plainJSON); err != nil {
		return nil, err
	}
	if urls, ok := quickLookup(string(body)); ok {
		return urls, nil
	}
	return thoroughLookup(body)
}

// thoroughLookup says what is wrong with a body, and where.
func thoroughLookup(body []byte) ([]string, error) {
	const fix = `send {"urls": ["https://example.com/"]}`
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, unreadable("the body is empty", fix)
	}
	if err := json.Unmarshal(body, new(json.RawMessage)); err != nil {
		return nil, broken(err, fix)
	}
	wrong := func(field, fix string) error {
		return refused(fault(&link.InvalidError{Field: field, Fix: fix}, ""))
	}
	tokens := json.NewDecoder(bytes.NewReader(body))
	next := func() json.Token { t, _ := tokens.Token(); return t } // what is no value for us is nil
	if next() != json.Delim('{') {
		return nil, wrong("body", "must be an object: "+fix)
	}
	var urls []string
	for given := false; tokens.More(); given = true {
		if name := next(); name != "urls" {
			return nil, wrong(fmt.Sprintf("body.%.50s", name), "is no field of a lookup: leave it out")
		}
		if given {
			return nil, wrong("body.urls", "is given twice: send it once")
		}
		if next() != json.Delim('[') {
			return nil, wrong("body.urls", "must be an array of URLs")
		}
		for tokens.More() {
			url, ok := next().(string)
			if !ok {
				return nil, wrong(fmt.Sprintf("body.urls[%d]", len(urls)), "must be a string")
			}
			if len(urls) == maxLookup {
				return nil, wrong("body.urls", fmt.Sprintf("must not have more than %d elements: send them in parts", maxLookup))
			}
			urls = append(urls, url)
		}
		next() // the array's end
	}
	if len(urls) == 0 {
		return nil, wrong("body.urls", "must have at least one URL")
	}
	return urls, nil
}

// quickLookup reads a body of the usual form: one field, strings of ASCII without
// escapes. It leaves all others, and all that are wrong, to be read thoroughly.
func quickLookup(body string) (urls []string, ok bool) {
	at := 0
	next := func(want string) bool { // past white space
		for at < len(body) && (body[at] == ' ' || body[at] == '\n' || body[at] == '\r' || body[at] == '\t') {
			at++
		}
		if !strings.HasPrefix(body[at:], want) {
			return false
		}
		at += len(want)
		return true
	}
	if !next("{") || !next(`"urls"`) || !next(":") || !next("[") {
		return nil, false
	}
	for more := true; more; more = next(",") {
		if len(urls) == maxLookup || !next(`"`) {
			return nil, false
		}
		begin := at
		for at < len(body) && body[at] >= ' ' && body[at] <= '~' && body[at] != '"' && body[at] != '\\' {
			at++
		}
		if at == len(body) || body[at] != '"' {
			return nil, false
		}
		urls = append(urls, body[begin:at])
		at++
	}
	return urls, next("]") && next("}") && next("") && at == len(body)
}
