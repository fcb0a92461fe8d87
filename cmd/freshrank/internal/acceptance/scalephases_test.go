package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

// phases follows the progress that a command writes as JSON lines: when each began.
type phases struct {
	mu    sync.Mutex
	rest  []byte
	names []string
	began []time.Time
}

// Write implements [io.Writer].
func (p *phases) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = append(p.rest, b...)
	for {
		line, rest, ok := bytes.Cut(p.rest, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		p.rest = rest
		var at struct{ Phase string }
		if json.Unmarshal(line, &at) == nil && at.Phase != "" {
			p.enter(at.Phase, time.Now())
		}
	}
}

func (p *phases) enter(name string, at time.Time) {
	if n := len(p.names); n == 0 || p.names[n-1] != name {
		p.names, p.began = append(p.names, name), append(p.began, at)
	}
}

// String says how long each took, once all have ended.
func (p *phases) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var each []string
	for i := range len(p.names) - 1 {
		each = append(each, fmt.Sprintf("%s %.1f", p.names[i], p.began[i+1].Sub(p.began[i]).Seconds()))
	}
	return strings.Join(each, ", ")
}
