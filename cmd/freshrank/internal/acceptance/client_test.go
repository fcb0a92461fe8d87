package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// client speaks to one API.
type client struct{ base string }

var transport = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 64},
}

func (c client) get(path string, into any) (int, error) {
	resp, err := transport.Get(c.base + path)
	if err != nil {
		return 0, err
	}
	return decode(resp, into)
}

func (c client) post(path, contentType string, body, into any) (int, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	return c.send(path, contentType, bytes.NewReader(b), into)
}

func (c client) send(path, contentType string, body io.Reader, into any) (int, error) {
	resp, err := transport.Post(c.base+path, contentType, body)
	if err != nil {
		return 0, err
	}
	return decode(resp, into)
}

func decode(resp *http.Response, into any) (int, error) {
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || into == nil || resp.StatusCode >= 300 {
		return resp.StatusCode, err
	}
	return resp.StatusCode, json.Unmarshal(b, into)
}

// rank is an answer for one page.
type rank struct {
	URL        string   `json:"url"`
	Status     string   `json:"status"`
	Rank       *float64 `json:"rank"`
	Base       *float64 `json:"base"`
	Delta      *float64 `json:"delta"`
	Generation int64    `json:"generation"`
	AsOf       string   `json:"as_of"`
	LagSeconds float64  `json:"lag_seconds"`
	Interval   *struct {
		Low  float64 `json:"low"`
		High float64 `json:"high"`
	} `json:"interval"`
}

func (c client) rank(page string) (rank, int, error) {
	var r rank
	status, err := c.get("/v1/ranks?url="+url.QueryEscape(page), &r)
	return r, status, err
}

// state is what /v1/status says of the whole.
type state struct {
	Generation int64 `json:"generation"`
	View       int64 `json:"view"` // 0: the speed layer's is not used
	Lag        struct {
		Events *int64 `json:"events"`
	} `json:"lag"`
	Target float64 `json:"epsilon_target"`
	Bounds struct {
		Epsilon float64 `json:"epsilon"`
		Slack   float64 `json:"slack"`
	} `json:"bounds"`
}

func (c client) state() (s state, status int, err error) {
	status, err = c.get("/v1/status", &s)
	return s, status, err
}

// settled reports whether the answers hold all that the log has.
func (c client) settled() bool {
	s, status, err := c.state()
	return err == nil && status == 200 && s.Lag.Events != nil && *s.Lag.Events == 0
}

type items[T any] struct {
	Items []T `json:"items"`
}

// crawled is an event that says what page links to.
func crawled(id, page string, links ...string) map[string]any {
	list := make([]map[string]any, len(links))
	for i, l := range links {
		list[i] = map[string]any{"url": l}
	}
	return map[string]any{
		"specversion": "1.0", "type": "freshrank.page.crawled", "source": "acceptance", "id": id,
		"time": time.Now().UTC().Format(time.RFC3339Nano),
		"data": map[string]any{"url": page, "links": list},
	}
}

const cloudEvent = "application/cloudevents+json"

// submit returns nil once the log has the event.
func (c client) submit(event map[string]any) error {
	status, err := c.post("/v1/events", cloudEvent, event, nil)
	if err == nil && status != http.StatusAccepted {
		err = fmt.Errorf("POST /v1/events answered %d", status)
	}
	return err
}
