package api

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// appender is an answer that knows how to write itself: those that are asked for
// thousands of times a second. Every byte is what encoding/json writes for the
// same type, which a fuzz test holds.
type appender interface{ appendJSON(b []byte) []byte }

// jsonFormat is huma's for JSON, but for appenders.
var jsonFormat = huma.Format{
	Marshal: func(w io.Writer, v any) error {
		a, ok := v.(appender)
		if !ok {
			return huma.DefaultJSONFormat.Marshal(w, v)
		}
		buffer := buffers.Get().(*[]byte)
		defer buffers.Put(buffer)
		*buffer = append(a.appendJSON((*buffer)[:0]), '\n')
		_, err := w.Write(*buffer)
		return err
	},
	Unmarshal: huma.DefaultJSONFormat.Unmarshal,
}

// buffers are as large as the largest answers, half a megabyte.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

func (r Ranks) appendJSON(b []byte) []byte {
	b = append(b, `{"items":[`...)
	var stamped *Rank // whose stamp was written last
	var from, to int  // where it is
	for i := range r.Items {
		item := &r.Items[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = item.appendNumbers(b)
		if stamped != nil && stamped.Generation == item.Generation && stamped.AsOf == item.AsOf && stamped.LagSeconds == item.LagSeconds {
			b = append(b, b[from:to]...)
		} else {
			from = len(b)
			b = item.appendStamp(b)
			stamped, to = item, len(b)
		}
		b = item.appendEnd(b)
	}
	return append(b, "]}"...)
}

func (r *Rank) appendJSON(b []byte) []byte { return r.appendEnd(r.appendStamp(r.appendNumbers(b))) }

// appendNumbers begins an answer with all that is the page's.
func (r *Rank) appendNumbers(b []byte) []byte {
	b = appendString(append(b, `{"url":`...), r.URL)
	if r.Page != "" {
		b = appendString(append(b, `,"page":`...), r.Page)
	}
	b = appendString(append(b, `,"status":`...), r.Status)
	if t := r.Target; t != nil {
		b = appendString(append(b, `,"target":{"page":`...), t.Page)
		if t.URL != "" {
			b = appendString(append(b, `,"url":`...), t.URL)
		}
		b = append(b, '}')
	}
	b = appendNumber(b, `,"rank":`, r.Rank)
	b = appendNumber(b, `,"x":`, r.X)
	b = appendNumber(b, `,"score":`, r.Score)
	b = appendNumber(b, `,"percentile":`, r.Percentile)
	if i := r.Interval; i != nil {
		b = appendNumber(b, `,"interval":{"low":`, &i.Low)
		b = append(appendNumber(b, `,"high":`, &i.High), '}')
	}
	b = appendNumber(b, `,"base":`, r.Base)
	return appendNumber(b, `,"delta":`, r.Delta)
}

// appendStamp appends what all items of an answer share.
func (r *Rank) appendStamp(b []byte) []byte {
	if r.Generation != 0 {
		b = strconv.AppendInt(append(b, `,"generation":`...), r.Generation, 10)
	}
	if r.AsOf != nil {
		b = append(b, `,"as_of":"`...)
		b = append(r.AsOf.AppendFormat(b, time.RFC3339Nano), '"')
	}
	return appendNumber(b, `,"lag_seconds":`, r.LagSeconds)
}

func (r *Rank) appendEnd(b []byte) []byte {
	if r.Error != nil {
		b = appendAny(append(b, `,"error":`...), r.Error)
	}
	return append(b, '}')
}

// appendNumber appends a finite number behind its name, and nothing for nil.
func appendNumber(b []byte, name string, x *float64) []byte {
	if x == nil {
		return b
	}
	b = append(b, name...)
	// As ECMAScript does: with an exponent of at least one digit below 1e-6 and from
	// 1e21 on.
	size := math.Abs(*x)
	if !(size <= math.MaxFloat64) {
		panic(fmt.Errorf("no number in an answer: %s %v", name, *x))
	}
	if size == 0 || size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(b, *x, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, *x, 'e', -1, 64)
	if n := len(b); b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' {
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	return b
}

// appendString appends s as it is if nothing in it needs an escape, which holds
// for canonical URLs.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return appendAny(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// appendAny appends what is rare. The types that are given to it marshal.
func appendAny(b []byte, v any) []byte {
	w := appending{b}
	encoder := json.NewEncoder(&w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v)
	return w.b[:len(w.b)-1] // it ends with a line break
}

type appending struct{ b []byte }

func (w *appending) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}
