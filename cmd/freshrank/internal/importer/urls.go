package importer

import (
	"bytes"
	"errors"
	"strings"
	"unsafe"

	"freshrank/pagerank/link"
)

// Pages is what readers fill, one for each goroutine; a [linkgraph.Part] is one. URLs
// are canonical and not kept. Number says by what number AddNumbers calls a page.
type Pages interface {
	Number(url []byte) uint32
	AddNumbers(source, target uint32, rel link.Rel)
}

// Options are what all readers of URLs go by.
type Options struct {
	MaxURL   int    // bytes
	Strict   bool   // a URL that no page can have is a fault; otherwise it is counted
	Progress func() // called now and then from one goroutine; may be nil
}

// links adds links between URLs as they are written.
type links struct {
	tally
	max int
	to  Pages

	source []byte // of the last row, as written
	url    []byte // its canonical form
	from   uint32 // its number, once known
	known  bool
}

// add adds a link, or counts why not. Most sources are that of the row before.
func (l *links) add(source, target []byte, rel link.Rel, chunk int, line int64) *InputError {
	if len(source) == 0 || !bytes.Equal(source, l.source) {
		url, reason, bad := canonical(source, l.max)
		if bad != nil {
			bad.Line = line
			return l.tally.add(reason, chunk, bad)
		}
		l.source = append(l.source[:0], source...)
		l.url, l.known = append(l.url[:0], url...), false
	}
	url, reason, bad := canonical(target, l.max)
	if bad != nil {
		bad.Line = line
		return l.tally.add(reason, chunk, bad)
	}
	if !l.known {
		l.from, l.known = l.to.Number(l.url), true
	}
	l.to.AddNumbers(l.from, l.to.Number(url), rel)
	return nil
}

// canonical returns the canonical form of a URL, which is the text itself if it can
// be, or why there is none.
func canonical(raw []byte, maxBytes int) (url []byte, reason string, _ *InputError) {
	raw = bytes.TrimSpace(raw)
	text := unsafe.String(unsafe.SliceData(raw), len(raw)) // does not outlive this call
	u, err := link.CanonicalURL(text, maxBytes)
	if err == nil {
		return unsafe.Slice(unsafe.StringData(u), len(u)), "", nil // never written to
	}
	e := &InputError{What: "not a page's URL", Value: string(raw[:min(len(raw), 2*maxShown)]), Fix: "write an absolute http or https URL"}
	var invalid *link.InvalidError
	if errors.As(err, &invalid) {
		e.Fix = invalid.Fix
	}
	return nil, whyNot(text, maxBytes), e
}

// whyNot names the kind of fault that a URL has.
func whyNot(raw string, maxBytes int) string {
	colon := strings.IndexByte(raw, ':')
	scheme := raw[:max(colon, 0)]
	switch {
	case raw == "" || raw[0] == '#':
		return noURL
	case strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return controlURL
	case strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"):
		if len(raw) > maxBytes {
			return longURL
		}
		return hostURL
	case colon < 1 || strings.ContainsAny(scheme, "/?#"):
		return relativeURL
	default:
		return otherScheme
	}
}
