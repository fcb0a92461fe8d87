package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// warcReader reads the records of a WARC file (ISO 28500), of which it takes those of
// one content type and passes over all others.
type warcReader struct {
	in      *bufio.Reader
	take    string // content type
	most    int64  // bytes of a record that is taken
	records int64
}

const (
	maxRecord       = 16 << 20 // bytes
	maxRecordHeader = 1 << 16
	warcFix         = "is this a WARC file? A record begins with a line such as WARC/1.0 and says its Content-Length; if it is one, fetch it again"
)

// next returns the content of the next record that is taken; nil if it is longer than
// it may be. After the last comes io.EOF. An *InputError's Line is the record.
func (r *warcReader) next() ([]byte, error) {
	for {
		kind, length, err := r.header()
		if err != nil {
			return nil, err
		}
		if kind != r.take || length > r.most {
			if _, err := io.CopyN(io.Discard, r.in, length); err != nil {
				return nil, r.cut(err)
			}
			if kind != r.take {
				continue
			}
			return nil, nil
		}
		content := make([]byte, length)
		if _, err := io.ReadFull(r.in, content); err != nil {
			return nil, r.cut(err)
		}
		return content, nil
	}
}

// header reads up to the content of the next record.
func (r *warcReader) header() (kind string, length int64, err error) {
	length = -1
	for left := maxRecordHeader; ; {
		line, err := r.in.ReadSlice('\n')
		left -= len(line)
		version := bytes.HasPrefix(line, []byte("WARC/"))
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case text == "" && err == nil && left > 0: // between records
			continue
		case text == "" && errors.Is(err, io.EOF):
			return "", 0, io.EOF
		case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull):
			return "", 0, err
		}
		r.records++
		if !version || err != nil {
			return "", 0, r.bad("no beginning of a record", text)
		}
		break
	}
	for left := maxRecordHeader; ; {
		line, err := r.in.ReadSlice('\n')
		left -= len(line)
		if errors.Is(err, bufio.ErrBufferFull) || left < 0 {
			return "", 0, r.bad(fmt.Sprintf("a record's header longer than %d bytes", maxRecordHeader), "")
		}
		if err != nil {
			return "", 0, r.cut(err)
		}
		name, value, ok := strings.Cut(strings.TrimRight(string(line), "\r\n"), ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok && name == "":
			if length < 0 {
				return "", 0, r.bad("a record without Content-Length", "")
			}
			return kind, length, nil
		case strings.EqualFold(name, "Content-Type"):
			kind, _, _ = strings.Cut(value, ";")
			kind = strings.ToLower(strings.TrimSpace(kind))
		case strings.EqualFold(name, "Content-Length"):
			n, err := strconv.ParseUint(value, 10, 62)
			if err != nil {
				return "", 0, r.bad("a record's Content-Length is no number", value)
			}
			length = int64(n)
		}
	}
}

// cut says that the file ends within a record, unless reading failed.
func (r *warcReader) cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.bad("the file ends within a record", "")
	}
	return err
}

func (r *warcReader) bad(what, value string) *InputError {
	return &InputError{Line: r.records, Unit: "record", What: what, Value: value, Fix: warcFix}
}
