package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func split(t *testing.T, in string) string {
	t.Helper()
	var out []string
	err := Split(strings.NewReader(in), func(i Item) error {
		out = append(out, i.Place+" "+string(i.Text))
		return nil
	})
	if err != nil {
		out = append(out, "error "+err.Error())
	}
	return strings.Join(out, "|")
}

func TestSplit(t *testing.T) {
	for in, want := range map[string]string{
		"{\"a\":1}\n\n{\"a\":2}":      `line 1 {"a":1}|line 3 {"a":2}`,
		"{\n \"a\": 1\n}\n":           `item 1 {"a":1}`,
		" [ {\"a\": 1},\n{\"a\":2} ]": `item 1 {"a":1}|item 2 {"a":2}`,
		"{\"a\":1\n{\"a\":2}\n":       `line 1 {"a":1|line 2 {"a":2}`,
		"nonsense\n{\"a\":2}\n":       `line 1 nonsense|line 2 {"a":2}`,
		"":                            "error the input is empty",
		"[{\"a\":1}, x]":              `item 1 {"a":1}|error item 2 of the array`,
		"[{\"a\":1}":                  `item 1 {"a":1}|error the array does not end after item 1`,
		"{\"a\":1":                    `line 1 {"a":1`,
		"[]":                          "",
	} {
		if got := split(t, in); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("Split(%q) gave %s, want %s", in, got, want)
		}
	}
}

func TestEventsTriesAgain(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch calls.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			panic(http.ErrAbortHandler) // the connection breaks
		default:
			w.WriteHeader(http.StatusAccepted)
			fmt.Fprintf(w, `{"accepted": %d, "rejected": 1, "errors": [{"index": 1, "id": "x", "detail": "bad"}]}`, strings.Count(string(body), "\n"))
		}
	}))
	defer server.Close()
	var slept []time.Duration
	c := &Client{URL: server.URL + "/", Patience: time.Minute, Sleep: func(_ context.Context, d time.Duration) error { slept = append(slept, d); return nil }}
	r, err := c.Events(t.Context(), [][]byte{[]byte("{}"), []byte("{}")})
	if err != nil || r.Accepted != 2 || r.Errors[0].ID != "x" {
		t.Errorf("receipt %+v, error %v", r, err)
	}
	if fmt.Sprint(slept) != "[7s 200ms]" {
		t.Errorf("slept %v", slept)
	}
}

func TestEventsRefused(t *testing.T) {
	status, body := 0, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	c := &Client{URL: server.URL}
	status, body = 422, `{"status":422,"errors":[{"index":0,"detail":"no url"}]}`
	if r, err := c.Events(t.Context(), [][]byte{[]byte("{}"), []byte("{}"), []byte("{}")}); err != nil || r.Rejected != 3 { // of many, not all are listed
		t.Errorf("receipt %+v, error %v", r, err)
	}
	status, body = 413, `{"status":413,"title":"Too Large","detail":"larger than 1 MiB","fix":"send it in parts"}`
	var p *Problem
	if _, err := c.Events(t.Context(), [][]byte{[]byte("{}")}); !errors.As(err, &p) || !strings.Contains(err.Error(), "send it in parts") {
		t.Errorf("error %v", err)
	}
	status, body = 200, `<html>`
	if _, err := c.Events(t.Context(), [][]byte{[]byte("{}")}); err == nil {
		t.Error("an answer of something else was taken")
	}
}
