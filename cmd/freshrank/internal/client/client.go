// Package client sends events to the API, as `freshrank submit` and the demo do.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Client talks to one API.
type Client struct {
	URL      string        // such as http://127.0.0.1:8080
	Key      string        // API key; empty: none is sent
	Patience time.Duration // how long a request that may succeed later is tried again
	HTTP     *http.Client  // nil: http.DefaultClient
	// Sleep waits between two tries; nil: a timer.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Receipt is what became of events.
type Receipt struct {
	Accepted int     `json:"accepted"`
	Rejected int     `json:"rejected"`
	Errors   []Fault `json:"errors"`
}

// Fault is why an event was refused.
type Fault struct {
	Index  int    `json:"index"`
	ID     string `json:"id"`
	Detail string `json:"detail"`
}

// Problem is the API's description of an error.
type Problem struct {
	Status int     `json:"status"`
	Title  string  `json:"title"`
	Detail string  `json:"detail"`
	Fix    string  `json:"fix"`
	Errors []Fault `json:"errors"`
}

func (p *Problem) Error() string {
	s := fmt.Sprintf("the API answers %d %s", p.Status, p.Title)
	for _, more := range []string{p.Detail, p.Fix} {
		if more != "" {
			s += ": " + more
		}
	}
	return s
}

// Events sends events, one JSON text each and without a line break in it. Those
// that are refused are in the receipt. Sending again what was taken already is
// harmless, and so is trying again after an answer was lost.
func (c *Client) Events(ctx context.Context, events [][]byte) (Receipt, error) {
	body := append(bytes.Join(events, []byte("\n")), '\n')
	deadline := time.Now().Add(c.Patience)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		receipt, after, err := c.post(ctx, body)
		if err == nil || after < 0 || time.Now().After(deadline) {
			return receipt, err
		}
		if sleepErr := c.sleep(ctx, max(pause, after)); sleepErr != nil {
			return Receipt{}, errors.Join(sleepErr, err)
		}
	}
}

// post sends once. after tells when to try again after an error; < 0: never.
func (c *Client) post(ctx context.Context, body []byte) (_ Receipt, after time.Duration, _ error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.URL, "/")+"/v1/events", bytes.NewReader(body))
	if err != nil {
		return Receipt{}, -1, fmt.Errorf("send events: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	if c.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
	h := c.HTTP
	if h == nil {
		h = http.DefaultClient
	}
	response, err := h.Do(request)
	if err != nil {
		var untrusted *tls.CertificateVerificationError
		if errors.As(err, &untrusted) {
			after = -1 // it will be no better in a minute
		}
		return Receipt{}, after, fmt.Errorf("send events: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 16<<20))
	if err != nil {
		return Receipt{}, 0, fmt.Errorf("read answer: %w", err)
	}
	if response.StatusCode == http.StatusAccepted {
		var r Receipt
		if err := json.Unmarshal(text, &r); err != nil {
			return Receipt{}, -1, fmt.Errorf("read answer %.200q: %w", text, err)
		}
		return r, 0, nil
	}
	p := &Problem{Status: response.StatusCode, Title: http.StatusText(response.StatusCode)}
	if err := json.Unmarshal(text, p); err != nil {
		p.Detail = fmt.Sprintf("%.200q", text)
	}
	if p.Status == http.StatusUnprocessableEntity && len(p.Errors) > 0 { // every one was refused
		return Receipt{Rejected: bytes.Count(body, []byte("\n")), Errors: p.Errors}, 0, nil
	}
	if p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable {
		seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
		return Receipt{}, time.Duration(seconds) * time.Second, p
	}
	return Receipt{}, -1, p
}

func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	if c.Sleep != nil {
		return c.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
