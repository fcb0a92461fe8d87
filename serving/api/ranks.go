package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// Conditional is what routes with an ETag take. Its name is exported because huma
// looks into no other embedded struct.
type Conditional struct {
	IfNoneMatch string `header:"If-None-Match" doc:"ETag of an earlier answer; 304 if nothing was published since."`
}

type tagged[T any] struct {
	Status       int
	ETag         string `header:"ETag" doc:"Changes with everything that either layer publishes."`
	CacheControl string `header:"Cache-Control"`
	Body         *T
}

func tag[T any](s *serving.Snapshot, in Conditional, body *T) *tagged[T] {
	out := &tagged[T]{Status: http.StatusOK, ETag: etag(s), CacheControl: "no-cache", Body: body}
	if in.IfNoneMatch != "" && matches(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
	}
	return out
}

type rankInput struct {
	URL string `query:"url" required:"true" doc:"An http or https URL, percent-encoded." example:"https://example.com/"`
	Conditional
}

func (s *Server) rank(ctx context.Context, in *rankInput) (*tagged[Rank], error) {
	url, err := link.CanonicalURL(in.URL, s.o.Limits.MaxURLBytes)
	if err != nil {
		return nil, inField(err, "query.url")
	}
	snap, pages, err := s.reader.Pages(ctx, []link.PageKey{link.KeyOf(url)})
	if err != nil {
		return nil, err
	}
	lag := seconds(snap.Lag)
	body := rankOf(&snap, &lag, &pages[0], url)
	return tag(&snap, in.Conditional, &body), nil
}

// inField renames the field of an InvalidError to the parameter it came from.
func inField(err error, name string) error {
	var e *link.InvalidError
	if errors.As(err, &e) {
		return refused(fault(e, name))
	}
	return err
}

// Ranks is the answer to a lookup.
type Ranks struct {
	Items []Rank `json:"items" nullable:"false" doc:"One for each URL, in the order of the request, all from one state of the view."`
}

type lookupOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Ranks
}

func (s *Server) lookup(ctx context.Context, in *lookupInput) (*lookupOutput, error) {
	wanted, err := parseLookup(in.ContentType, in.RawBody)
	if err != nil {
		return nil, err
	}
	out := &lookupOutput{CacheControl: "no-store"}
	out.Body.Items = make([]Rank, len(wanted))
	urls := make([]string, 0, len(wanted))
	keys := make([]link.PageKey, 0, len(wanted))
	at := make([]int, 0, len(wanted)) // where in the answer a key belongs
	for i, raw := range wanted {
		url, err := link.CanonicalURL(raw, s.o.Limits.MaxURLBytes)
		var e *link.InvalidError
		if errors.As(err, &e) {
			f := fault(e, "")
			f.Index = &i
			out.Body.Items[i] = Rank{URL: printable(raw), Status: "invalid", Error: &f}
			continue
		}
		urls, keys, at = append(urls, url), append(keys, link.KeyOf(url)), append(at, i)
	}
	if len(keys) == 0 {
		return out, nil
	}
	snap, pages, err := s.reader.Pages(ctx, keys)
	if err != nil {
		return nil, err
	}
	lag := seconds(snap.Lag)
	for j, i := range at {
		out.Body.Items[i] = rankOf(&snap, &lag, &pages[j], urls[j])
	}
	return out, nil
}

type topInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"20" doc:"How many pages."`
	Cursor string `query:"cursor" doc:"next_cursor of the answer before. It ends with its view: then the answer is 410."`
	Host   string `query:"host" doc:"Only pages of this host." example:"www.example.com"`
	Conditional
}

// Top is a part of the list of pages by rank.
type Top struct {
	Items      []Rank `json:"items" nullable:"false" doc:"In descending order of rank."`
	NextCursor string `json:"next_cursor,omitempty" doc:"For the pages that follow; absent at the end."`
	Stamp
}

func (s *Server) top(ctx context.Context, in *topInput) (*tagged[Top], error) {
	q := serving.TopQuery{Limit: in.Limit + 1} // one more says whether there is more
	var err error
	if in.Host != "" {
		if q.Host, err = s.host(in.Host, "query.host"); err != nil {
			return nil, err
		}
	}
	if in.Cursor != "" {
		if q.After, err = decodeTop(in.Cursor, q.Host); err != nil {
			return nil, err
		}
	}
	snap, pages, err := s.reader.Top(ctx, q)
	if err != nil {
		return nil, err
	}
	body := Top{Items: make([]Rank, 0, len(pages)), Stamp: stamp(&snap)}
	lag := body.LagSeconds
	if len(pages) > in.Limit {
		pages = pages[:in.Limit]
		last := &pages[len(pages)-1]
		body.NextCursor = encodeTop(serving.TopMark{Generation: snap.Generation, View: snap.View, X: last.X, Key: last.Key}, q.Host)
	}
	for i := range pages {
		body.Items = append(body.Items, rankOf(&snap, &lag, &pages[i], pages[i].URL))
	}
	return tag(&snap, in.Conditional, &body), nil
}

// host returns the canonical form of a host name that field gives.
func (s *Server) host(raw, field string) (string, error) {
	bad := func(fix string) error {
		return refused(fault(&link.InvalidError{Field: field, Value: raw, Fix: fix}, ""))
	}
	const fix = "must be a host name such as www.example.com, without scheme, port or path"
	if raw == "" || strings.ContainsAny(raw, "/\\?#@ \t\r\n") {
		return "", bad(fix)
	}
	authority := raw
	if strings.Count(raw, ":") > 1 && raw[0] != '[' {
		authority = "[" + raw + "]" // IPv6
	}
	url, err := link.CanonicalURL("http://"+authority+"/", s.o.Limits.MaxURLBytes)
	if err != nil {
		return "", bad(fix)
	}
	host := link.HostOf(url)
	if url != "http://"+host+"/" && url != "http://["+host+"]/" {
		return "", bad(fix) // a port
	}
	return host, nil
}
