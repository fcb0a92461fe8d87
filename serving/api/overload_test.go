package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/api"
)

// slow is a world in which a read takes 10 ms.
type slow struct{ *world }

const readTime = 10 * time.Millisecond

func (s slow) Pages(ctx ctx, keys []link.PageKey) (serving.Snapshot, []serving.Page, error) {
	time.Sleep(readTime)
	return s.world.Pages(ctx, keys)
}

const rankOfHome = "/v1/ranks?url=" + home

// TestOverload: at five times of what can be answered, nearly as much is answered as
// ever, in little more time than usual; the rest is refused at once. Other classes,
// health and metrics do not notice, and afterwards all is as before.
func TestOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.options.MaxReads, w.options.MaxWait = 10, 15*time.Millisecond // 10 places: 1000 a second
		s := w.serverOver(slow{w}, w)
		const capacity, times, seconds = 1000, 5, 1
		var mu sync.Mutex
		var all sync.WaitGroup
		counts := map[int]int{}
		for i := range capacity * times * seconds {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Second / (capacity * times))
				began := time.Now()
				got := do(s, "GET", rankOfHome, "")
				took := time.Since(began)
				mu.Lock()
				defer mu.Unlock()
				counts[got.Code]++
				switch {
				case got.Code == 200 && took > w.options.MaxWait+readTime:
					t.Errorf("answered after %v", took)
				case got.Code == 503 && (took > w.options.MaxWait || got.Header().Get("Retry-After") == "" || !strings.Contains(got.Body.String(), "problem:overloaded")):
					t.Errorf("refused after %v: %v %s", took, got.Header(), got.Body)
				}
			})
		}
		time.Sleep(seconds * time.Second / 2) // in the middle of it
		began := time.Now()
		for _, path := range []string{"/livez", "/readyz", "/metrics", "/version"} {
			if got := do(s, "GET", path, ""); got.Code != 200 {
				t.Errorf("%s is answered %d", path, got.Code)
			}
		}
		if got := do(s, "POST", "/v1/events", good, oneType); got.Code != 202 {
			t.Errorf("an event is answered %d", got.Code)
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("the others waited %v", took)
		}
		if got := do(s, "POST", "/v1/ranks/lookup", `{"urls":["`+home+`"]}`, jsonType); got.Code != 200 {
			t.Errorf("a lookup is answered %d", got.Code)
		}
		all.Wait()
		if counts[200] < capacity*seconds*95/100 || counts[200]+counts[503] != capacity*times*seconds {
			t.Errorf("answers %v, want %d of 200", counts, capacity*seconds)
		}
		began = time.Now()
		if got := do(s, "GET", rankOfHome, ""); got.Code != 200 || time.Since(began) != readTime {
			t.Errorf("afterwards: %d after %v", got.Code, time.Since(began))
		}
		text := do(s, "GET", "/metrics", "").Body.String()
		for _, line := range []string{
			`freshrank_http_requests_at_work{class="read"} 0`, `freshrank_http_requests_waiting{class="read"} 0`,
			`freshrank_http_requests_at_work_max{class="read"} 10`, fmt.Sprintf(`freshrank_http_request_duration_seconds_count{code="503",method="GET",route="/v1/ranks"} %d`, counts[503]), `freshrank_http_requests_shed_total{class="submit",reason="full"} 0`,
		} {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("/metrics lacks %s", line)
			}
		}
		if strings.Contains(text, `freshrank_http_requests_shed_total{class="read",reason="full"} 0`) {
			t.Error("nothing was counted as refused")
		}
	})
}

// TestShedBeforeBody: while a class is full, a request of it is refused before its
// body has come.
func TestShedBeforeBody(t *testing.T) {
	h := held{newWorld(), make(chan struct{}, 100), make(chan struct{})}
	h.options.MaxLookups, h.options.MaxWait = 1, time.Minute
	addr, stop := start(t, h.world, h)
	const header = "POST /v1/ranks/lookup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
	body := `{"urls":["` + home + `"]}`
	var conns []net.Conn
	defer func() {
		close(h.release)
		for _, c := range conns {
			c.Close()
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	send := func(text string) net.Conn {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		return c
	}
	for range 1 + 64 { // one at work, the others wait
		send(fmt.Sprint(header, len(body), "\r\n\r\n", body))
	}
	for deadline := time.Now().Add(time.Minute); ; { // until the queue is full
		answer := make([]byte, 100)
		c := send(header + "100\r\n\r\n")
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if n, _ := c.Read(answer); strings.HasPrefix(string(answer[:n]), "HTTP/1.1 503 ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("never refused")
		}
	}
}

// stuck is a client that does not read its answer.
type stuck struct {
	*httptest.ResponseRecorder
	begun chan struct{}
	end   chan struct{}
}

func (s stuck) Write(b []byte) (int, error) {
	close(s.begun)
	<-s.end
	return s.ResponseRecorder.Write(b)
}

// TestStuckReaderHasNoPlace: who does not read an answer keeps nobody from theirs.
func TestStuckReaderHasNoPlace(t *testing.T) {
	w := newWorld()
	w.options.MaxReads = 1
	s := w.server()
	one := stuck{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	var reading sync.WaitGroup
	reading.Go(func() { s.ServeHTTP(one, httptest.NewRequest("GET", rankOfHome, nil)) })
	<-one.begun
	if got := do(s, "GET", rankOfHome, ""); got.Code != 200 {
		t.Errorf("another one is answered %d", got.Code)
	}
	close(one.end)
	reading.Wait()
}

// TestConnections: one that is too many takes the place of the one that has been idle
// for longest, or is refused.
func TestConnections(t *testing.T) {
	h := held{newWorld(), make(chan struct{}, 10), make(chan struct{})}
	h.options.MaxConnections = 2
	s := h.serverOver(h, h.world)
	addr, stop := run(t, s)
	open := func() (net.Conn, *bufio.Reader) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c, bufio.NewReader(c)
	}
	ask := func(c net.Conn, in *bufio.Reader, path string) (int, error) {
		if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return 0, err
		}
		res, err := answerOf(in)
		if err != nil {
			return 0, err
		}
		for api.AtWork(s) { // the server notes that it is idle when it has answered
			time.Sleep(time.Millisecond)
		}
		return res.code, nil
	}
	first, firstIn := open()
	second, secondIn := open()
	if code, err := ask(first, firstIn, "/livez"); code != 200 {
		t.Fatalf("the first is answered %d, %v", code, err)
	}
	if code, err := ask(second, secondIn, "/livez"); code != 200 {
		t.Fatalf("the second is answered %d, %v", code, err)
	}
	third, thirdIn := open()
	if code, err := ask(third, thirdIn, "/livez"); code != 200 {
		t.Errorf("the third is answered %d, %v", code, err)
	}
	if _, err := firstIn.ReadByte(); err == nil {
		t.Error("the first is still open")
	}
	for _, c := range []net.Conn{second, third} { // now both are at work
		if _, err := io.WriteString(c, "GET "+rankOfHome+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-h.entered
	}
	fourth, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer fourth.Close()
	res, err := answerOf(bufio.NewReader(fourth))
	if err != nil || res.code != 503 || res.header.Get("Retry-After") == "" || res.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the fourth is answered %v, %v", res, err)
	}
	close(h.release)
	for _, in := range []*bufio.Reader{secondIn, thirdIn} {
		if res, err := answerOf(in); err != nil || res.code != 200 {
			t.Errorf("a request at work is answered %v, %v", res, err)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// answerOf reads an answer to its end.
func answerOf(in *bufio.Reader) (reply, error) {
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return reply{res.StatusCode, res.Header, res.Close}, err
}

// reply is an answer whose body has been read.
type reply struct {
	code   int
	header http.Header
	last   bool // of its connection
}
