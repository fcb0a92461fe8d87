package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/client"
	"freshrank/cmd/freshrank/internal/config"
)

type submitCmd struct {
	config.Common `embed:"" group:"Common options:"`
	config.Client `embed:"" group:"Client options:"`
	File          string        `arg:"" help:"Events, one a line or a JSON array; - is standard input."`
	API           string        `name:"api" placeholder:"URL" help:"Base URL of the API; by default that of the freshrank up that runs on --data, or http://127.0.0.1:8080."`
	Retry         time.Duration `default:"1m" help:"How long to try again while the API is not there or busy (${default})."`
}

func (submitCmd) Help() string {
	return `Each event is a CloudEvents JSON object. Sending one twice changes nothing. Events
that are refused are listed; the others are taken, and the exit code is 2.

Example:

    freshrank submit events.ndjson
    freshrank generate feed --events 100 | freshrank submit - --api http://127.0.0.1:8080
    freshrank submit events.ndjson --api https://ranks.example --key-file crawler.key`
}

// What one request holds at most.
const (
	requestEvents = 1000
	requestBytes  = 4 << 20
)

func (s *submitCmd) Run(ctx context.Context, c *call) (err error) {
	if s.API == "" {
		s.API = "http://127.0.0.1:8080"
		if running, ok, err := boot.ReadRuntime(s.Data); err == nil && ok {
			s.API = running.API
		}
	}
	if u, err := url.Parse(s.API); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return boot.Usagef("api %s: must be a URL such as http://127.0.0.1:8080", s.API)
	}
	in := c.stdin
	if s.File != "-" {
		f, err := os.Open(s.File)
		if err != nil {
			return boot.Usagef("%s: cannot be opened (%w); name an existing file, or - for standard input", s.File, err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		in = f
	}
	return (&submission{call: c, client: client.Client{URL: s.API, Key: s.Key, Patience: s.Retry}}).send(ctx, in)
}

// submission sends what it reads, request by request.
type submission struct {
	*call
	client   client.Client
	texts    [][]byte
	places   []string
	bytes    int
	accepted int
	rejected int
}

func (s *submission) send(ctx context.Context, in io.Reader) error {
	began := time.Now()
	splitErr := client.Split(in, func(i client.Item) error {
		if len(s.texts) == requestEvents || len(s.texts) > 0 && s.bytes+len(i.Text) > requestBytes {
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
		s.texts, s.places, s.bytes = append(s.texts, i.Text), append(s.places, i.Place), s.bytes+len(i.Text)+1
		return nil
	})
	var failed *flushError
	if errors.As(splitErr, &failed) {
		return failed.err
	}
	if err := s.flush(ctx); err != nil {
		return errors.Unwrap(err)
	}
	fmt.Fprintf(s.stdout, "%d events accepted, %d refused, in %s\n", s.accepted, s.rejected, time.Since(began).Round(time.Millisecond))
	if splitErr != nil {
		return boot.Usage(splitErr)
	}
	if s.rejected > 0 {
		return boot.Usage(errReported)
	}
	return nil
}

// flushError tells the API's failures from the input's.
type flushError struct{ err error }

func (e *flushError) Error() string { return e.err.Error() }
func (e *flushError) Unwrap() error { return e.err }

func (s *submission) flush(ctx context.Context) error {
	if len(s.texts) == 0 {
		return nil
	}
	r, err := s.client.Events(ctx, s.texts)
	if err != nil {
		return &flushError{fmt.Errorf("%w (%d events were accepted before)", err, s.accepted)}
	}
	for _, f := range r.Errors {
		place := "an event"
		if f.Index >= 0 && f.Index < len(s.places) {
			place = s.places[f.Index]
		}
		fmt.Fprintf(s.stderr, "freshrank: %s, id %q: %s\n", place, f.ID, f.Detail)
	}
	if more := r.Rejected - len(r.Errors); more > 0 {
		fmt.Fprintf(s.stderr, "freshrank: %d more of the same request are refused\n", more)
	}
	s.accepted, s.rejected = s.accepted+r.Accepted, s.rejected+r.Rejected
	s.texts, s.places, s.bytes = s.texts[:0], s.places[:0], 0
	return nil
}
