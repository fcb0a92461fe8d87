package importer

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"freshrank/pagerank/link"
)

// watRecord is what we read of the JSON that a WAT file has for each record of the
// WARC file it was made from. The format is that of the Internet Archive's
// ia-web-commons, which writes all values as strings.
type watRecord struct {
	Envelope struct {
		Header struct {
			Type loose `json:"WARC-Type"`
			URL  loose `json:"WARC-Target-URI"`
			Date loose `json:"WARC-Date"`
			ID   loose `json:"WARC-Record-ID"`
		} `json:"WARC-Header-Metadata"`
		Payload struct {
			Response struct {
				Message struct {
					Status loose
				} `json:"Response-Message"`
				Headers struct {
					Location loose
				}
				HTML struct {
					Head struct {
						Base  loose
						Metas []struct{ Name, Content loose }
					}
					Links []struct{ Path, URL, Rel loose }
				} `json:"HTML-Metadata"`
			} `json:"HTTP-Response-Metadata"`
		} `json:"Payload-Metadata"`
	}
}

// loose is a string that may have come as another type; an array, as of a header that
// was sent twice, stands for its first string.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		*l = loose(s)
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err == nil && len(many) > 0 {
		*l = loose(many[0])
	}
	return nil
}

// Reasons why a page gives no event.
const (
	noJSON      = "record that is no JSON as WAT files have it"
	longRecord  = "record that is too long"
	noTime      = "page without the time of its crawl"
	noIdentity  = "page without a record id"
	noEvent     = "page whose time or record id no event can have"
	otherStatus = "page with another HTTP status than 200, 301, 302, 303, 307, 308, 404, 410"
	ownAlias    = "page that is redirected to itself"
	noTarget    = "redirect without a Location that a page can have"
	manyLinks   = "page with more links than an event may have"
	longEvent   = "page that needs a longer event than may be"
)

// event makes the event of a page. Both are zero for a record that is no response of a
// server. drop is called with what of it is left out, or why all of it is.
func (w *watParser) event(content []byte, drop func(reason, what, value, fix string) *InputError) (text []byte, _ *InputError) {
	var r watRecord
	if err := json.Unmarshal(content, &r); err != nil {
		return nil, drop(noJSON, fmt.Sprintf("no JSON as WAT files have it (%v)", err), "", "fetch the file again")
	}
	head, response := &r.Envelope.Header, &r.Envelope.Payload.Response
	if head.Type != "response" {
		return nil, nil
	}
	page, reason, bad := canonical([]byte(head.URL), w.limits.MaxURLBytes)
	if bad != nil {
		return nil, drop(reason, bad.What, bad.Value, bad.Fix)
	}
	at, err := time.Parse(time.RFC3339Nano, string(head.Date))
	if err != nil {
		return nil, drop(noTime, "no time of a crawl", string(head.Date), "WARC-Date must be a time as in RFC 3339")
	}
	e := link.Event{ID: strings.Trim(string(head.ID), "<> "), Source: w.source, Time: at.UTC(), URL: string(page)}
	if e.ID == "" {
		return nil, drop(noIdentity, "no record id", "", "WARC-Record-ID tells events apart")
	}
	switch status := string(response.Message.Status); status {
	case "200":
		e.Type = link.PageCrawled
		if bad := w.links(&e, &r, drop); bad != nil {
			return nil, bad
		}
		if len(e.Links) > w.limits.MaxLinks {
			return nil, drop(manyLinks, "more links than an event may have", fmt.Sprint(len(e.Links)), "raise --max-links, everywhere")
		}
	case "301", "302", "303", "307", "308":
		e.Type = link.PageAlias
		target, _, bad := canonical([]byte(resolve(e.URL, string(response.Headers.Location))), w.limits.MaxURLBytes)
		if bad != nil || response.Headers.Location == "" {
			return nil, drop(noTarget, "no Location that a page can have", string(response.Headers.Location), "write an absolute http or https URL")
		}
		if e.Target = string(target); e.Target == e.URL {
			return nil, drop(ownAlias, "a redirect to itself", e.URL, "nothing follows from it")
		}
	case "404", "410":
		e.Type = link.PageGone
	default:
		return nil, drop(otherStatus, "HTTP status", status, "nothing follows from it")
	}
	e.Seal()
	if text, err = link.Encode(&e); err != nil {
		return nil, drop(noEvent, err.Error(), "", "fetch the file again")
	}
	if len(text) > w.limits.MaxEventBytes {
		return nil, drop(longEvent, "an event of more bytes than may be", fmt.Sprint(len(text)), "raise --max-event-bytes, everywhere")
	}
	return text, nil
}

// links adds a page's links, those of A and AREA elements, relative to its base.
func (w *watParser) links(e *link.Event, r *watRecord, drop func(reason, what, value, fix string) *InputError) *InputError {
	html := &r.Envelope.Payload.Response.HTML
	base := e.URL
	if html.Head.Base != "" {
		if b, _, bad := canonical([]byte(resolve(base, string(html.Head.Base))), w.limits.MaxURLBytes); bad == nil {
			base = string(b)
		}
	}
	all := link.Rel(0) // of every link of the page
	for _, m := range html.Head.Metas {
		if content := strings.ToLower(string(m.Content)); strings.EqualFold(string(m.Name), "robots") &&
			(strings.Contains(content, "nofollow") || strings.Contains(content, "none")) {
			all = link.NoFollow
		}
	}
	for _, l := range html.Links {
		if p := string(l.Path); !strings.EqualFold(p, "A@/href") && !strings.EqualFold(p, "AREA@/href") {
			continue
		}
		url, reason, bad := canonical([]byte(resolve(base, string(l.URL))), w.limits.MaxURLBytes)
		if bad != nil {
			if bad := drop(reason, bad.What, string(l.URL), bad.Fix); bad != nil {
				return bad
			}
			continue
		}
		e.Links = append(e.Links, link.Link{URL: string(url), Rel: all | link.ParseRel(string(l.Rel))})
	}
	return nil
}
