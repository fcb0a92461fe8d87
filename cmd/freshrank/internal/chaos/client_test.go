package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// client speaks to the API.
type client struct {
	base string
	http *http.Client
}

func newClient(t *testing.T, address string) client {
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(transport.CloseIdleConnections)
	return client{base: "http://" + address, http: &http.Client{Timeout: 5 * time.Second, Transport: transport}}
}

// reply is an answer that came whole, whatever its status.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// send returns an error if no whole answer came.
func (c client) send(method, path, contentType string, body []byte) (reply, error) {
	req, err := http.NewRequest(method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, b}, err
}

// get decodes an answer that must be 200.
func (c client) get(path string, into any) error {
	r, err := c.send("GET", path, "", nil)
	if err != nil {
		return err
	}
	return r.decode(into)
}

func (r reply) decode(into any) error {
	if r.status != http.StatusOK {
		return fmt.Errorf("status %d: %.300s", r.status, r.body)
	}
	return json.Unmarshal(r.body, into)
}

// broken says what is wrong with an answer that no fault of the network or of a
// process excuses; "" if nothing is.
func (r reply) broken() string {
	switch {
	case r.status == http.StatusServiceUnavailable && r.header.Get("Retry-After") == "":
		return "503 without Retry-After"
	case r.status >= 500 && r.status != http.StatusServiceUnavailable && r.status != http.StatusGatewayTimeout:
		return fmt.Sprintf("status %d: %.300s", r.status, r.body)
	}
	return ""
}

// status is what /v1/status says, as far as it is looked at.
type status struct {
	Ready      bool
	Generation int64
	Newest     int64 `json:"newest_generation"`
	View       int64
	Sequence   int64
	AsOf       time.Time `json:"as_of"`
	Pages      int
	Lag        struct{ Events *int64 }
	Offsets    struct{ Covered, Applied, End []int64 }
	Bounds     struct{ L1 *float64 }
	Speed      *struct {
		Generation  int64
		Events      int64
		DeadLetters int64 `json:"dead_letters"`
	}
}

func (c client) status() (s status, err error) { return s, c.get("/v1/status", &s) }

// answer is what is said of a page.
type answer struct {
	URL        string
	Status     string
	Target     *struct{ URL string }
	Rank       *float64
	X          *float64
	Interval   *interval
	Base       *float64
	Delta      *float64
	Generation int64
	AsOf       time.Time `json:"as_of"`
}

type interval struct{ Low, High float64 }

// sum is what is said of a host or a domain.
type sum struct {
	Host, Domain string
	Status       string
	Pages        int
	Rank         *float64
	Interval     *interval
	Generation   int64
	AsOf         time.Time `json:"as_of"`
}

type items struct {
	Items      []answer
	Generation int64
	AsOf       time.Time `json:"as_of"`
}

func (c client) lookup(urls ...string) (items, reply, error) {
	var many items
	b, err := json.Marshal(map[string]any{"urls": urls})
	if err != nil {
		return many, reply{}, err
	}
	r, err := c.send("POST", "/v1/ranks/lookup", "application/json", b)
	if err == nil && r.status == http.StatusOK {
		err = json.Unmarshal(r.body, &many)
	}
	return many, r, err
}

// openRun reports whether a batch run is queued or running.
func (c client) openRun() (bool, error) {
	var runs struct{ Items []struct{ State string } }
	if err := c.get("/v1/batch/runs?limit=1", &runs); err != nil {
		return false, err
	}
	return len(runs.Items) > 0 && (runs.Items[0].State == "queued" || runs.Items[0].State == "running"), nil
}
