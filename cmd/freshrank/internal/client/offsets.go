package client

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Offsets says how far the answers are: records of the log that are in them, and all
// that there were when the speed layer last looked, over all partitions.
func (c *Client) Offsets(ctx context.Context) (applied, end int64, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.URL, "/")+"/v1/status", nil)
	if err != nil {
		return 0, 0, err
	}
	if c.Key != "" {
		request.Header.Set("Authorization", "Bearer "+c.Key)
	}
	answer, err := cmp.Or(c.HTTP, http.DefaultClient).Do(request)
	if err != nil {
		return 0, 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("GET /v1/status answers %s", answer.Status)
	}
	var state struct {
		Offsets struct{ Applied, End []int64 }
	}
	if err := json.NewDecoder(answer.Body).Decode(&state); err != nil {
		return 0, 0, fmt.Errorf("read status: %w", err)
	}
	for _, n := range state.Offsets.Applied {
		applied += n
	}
	for _, n := range state.Offsets.End {
		end += n
	}
	return applied, end, nil
}
