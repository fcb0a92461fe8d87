package link

import (
	"strconv"
	"strings"
)

// fields is a set of members of an event or of its data.
type fields uint16

const (
	fSpecVersion fields = 1 << iota
	fID
	fSource
	fType
	fTime
	fContentType
	fData
	fURL
	fLinks
	fTarget
	fRel
)

// add notes that f was given.
func (f *fields) add(one fields) error {
	if *f&one != 0 {
		return invalid("", "", "is given twice: send it once")
	}
	*f |= one
	return nil
}

// dataOf says which data fields an event type must have, and may have.
var dataOf = [...]struct{ must, may fields }{
	PageCrawled: {fURL | fLinks, 0},
	PageGone:    {fURL, 0},
	PageAlias:   {fURL | fTarget, 0},
	LinkAdded:   {fURL | fTarget, fRel},
	LinkRemoved: {fURL | fTarget, fRel}, // a set of URLs: rel has no say in a removal
}

// body is the data of an event while it is being read; its URLs are canonical.
type body struct {
	given       fields
	url, target string
	rel         Rel
	links       []Link
	count       int // links as given
}

func (d *body) read(r *reader, l Limits, name []byte) (err error) {
	var f fields
	switch string(name) {
	case "url":
		f = fURL
		d.url, err = l.readURL(r)
	case "target":
		f = fTarget
		d.target, err = l.readURL(r)
	case "rel":
		f = fRel
		d.rel, err = readRel(r)
	case "links":
		f = fLinks
		err = r.array(func(i int) error { return d.readLink(r, l, i) })
	default:
		return invalid("", "", "is no field of data; the fields are url, links, target and rel")
	}
	if err != nil {
		return err
	}
	return d.given.add(f)
}

func (d *body) readLink(r *reader, l Limits, i int) error {
	d.count++
	if i >= l.MaxLinks {
		return r.skip(maxDepth)
	}
	var given fields
	var link Link
	err := r.object(func(name []byte) (err error) {
		var f fields
		switch string(name) {
		case "url":
			f = fURL
			link.URL, err = l.readURL(r)
		case "rel":
			f = fRel
			link.Rel, err = readRel(r)
		default:
			return invalid("", "", "is no field of a link; the fields are url and rel")
		}
		if err != nil {
			return err
		}
		return given.add(f)
	})
	if err == nil && given&fURL == 0 {
		return invalid("url", "", "is missing: give the URL the link leads to")
	}
	d.links = append(d.links, link)
	return err
}

func (l Limits) readURL(r *reader) (string, error) {
	s, err := r.string()
	if err != nil {
		return "", err
	}
	u, invalid := canonicalURL(s, l.MaxURLBytes)
	if invalid != nil {
		return "", invalid
	}
	return u, nil
}

func readRel(r *reader) (Rel, error) {
	if r.null() {
		return 0, nil
	}
	s, err := r.string()
	return ParseRel(s), err
}

// fill moves the data into e, or says what is wrong with it.
func (d *body) fill(e *Event, l Limits) error {
	want := dataOf[e.Type]
	for _, f := range [...]struct {
		bit       fields
		name, fix string
	}{
		{fURL, "url", "give the URL of the page the event is about"},
		{fLinks, "links", "list the links of the page, [] if it has none"},
		{fTarget, "target", "give the URL at the other end"},
		{fRel, "rel", ""},
	} {
		switch {
		case want.must&^d.given&f.bit != 0:
			return invalid("data."+f.name, "", "is missing: %s", f.fix)
		case d.given&^(want.must|want.may)&f.bit != 0:
			return invalid("data."+f.name, "", "is no field of %s: leave it out", e.Type)
		}
	}
	if d.count > l.MaxLinks {
		return invalid("data.links", strconv.Itoa(d.count)+" links", "are too many; at most %d are allowed", l.MaxLinks)
	}
	e.URL, e.Target, e.Links = d.url, d.target, d.links
	if e.Type == LinkAdded {
		e.Rel = d.rel
	}
	return e.checkAlias()
}

// checkAlias refuses what would quietly take all its links from a page that is
// its own rel=canonical.
func (e *Event) checkAlias() error {
	if e.Type == PageAlias && e.Target == e.URL {
		return invalid("data.target", e.Target, "must be another page than data.url: a page that stands for itself needs no event")
	}
	return nil
}

// ParseRel reads the rel attribute of a link: words between spaces or commas, in
// any case, of which only those that bear on ranking count.
func ParseRel(s string) Rel {
	var rel Rel
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" ,\t\n\f\r", r) }) {
		for i, name := range relNames {
			if strings.EqualFold(word, name) {
				rel |= 1 << i
			}
		}
	}
	return rel
}

var relNames = [...]string{"nofollow", "ugc", "sponsored"}

// String returns r as a rel attribute, such as "nofollow ugc".
func (r Rel) String() string {
	var words []string
	for i, name := range relNames {
		if r&(1<<i) != 0 {
			words = append(words, name)
		}
	}
	return strings.Join(words, " ")
}
