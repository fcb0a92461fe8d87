package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"freshrank/cmd/freshrank/internal/processtest"
	"freshrank/migrations/topics"
	"freshrank/pagerank/link"
)

// TestTopicLostRecords: retention passes what was neither archived nor applied. Both layers
// refuse, say how to go on, and what they say works.
func TestTopicLostRecords(t *testing.T) {
	onlyFull(t)
	s := newStack(t)
	s.submit(t, "before", 20)
	s.settled(t)
	s.run(t)
	s.speed.kill(t)
	s.submit(t, "lost", 40)
	s.deleteRecords(t)
	s.submit(t, "after", 20)

	s.speed.start(t)
	s.says(t, s.speed, "retention has removed all before", "freshrank batch run")
	s.serves(t)
	if reason := s.failing(t); !strings.Contains(reason, "retention passed the archive") || !strings.Contains(reason, "freshrank batch run --accept-gap") {
		t.Errorf("a run says %q", reason)
	}
	// The service is active and does not accept gaps: the command says so, and works once it
	// is stopped.
	command := append([]string{"batch", "run", "--accept-gap"}, s.direct()...)
	out, code := processtest.Run(t, command...)
	if code != 75 || !strings.Contains(out, "stop it") {
		t.Errorf("beside the service: exit code %d\n%s", code, out)
	}
	s.batch.stop(t)
	s.do(t, command...)
	s.batch.start(t)
	s.settled(t)
	s.shows(t, "before", "ranked")
	s.shows(t, "lost", "unknown")
	s.shows(t, "after", "ranked")
	s.do(t, append([]string{"verify"}, s.direct()...)...)
	s.submit(t, "later", 20)
	s.settled(t)
	s.run(t)
	s.shows(t, "later", "ranked")
}

// TestTopicMadeAnew: the topic was deleted and made again, and is shorter than what was
// archived of the old one, or longer.
func TestTopicMadeAnew(t *testing.T) {
	onlyFull(t)
	for _, again := range []struct {
		name   string
		events int
	}{{"shorter", 10}, {"longer", 400}} {
		t.Run(again.name, func(t *testing.T) {
			s := newStack(t)
			s.submit(t, "old", 100)
			s.settled(t)
			s.run(t)
			s.submit(t, "unarchived", 5)
			s.settled(t)
			s.speed.kill(t)
			s.makeAnew(t)
			s.submit(t, "new", again.events)
			s.speed.start(t)
			s.says(t, s.speed, "made anew", "empty database and data folder")
			s.serves(t)
			if reason := s.failing(t); !strings.Contains(reason, "made anew") || !strings.Contains(reason, "an empty data folder and an empty database") {
				t.Errorf("a run says %q", reason)
			}
			// Start over, as told.
			for _, l := range s.layers() {
				l.stop(t)
			}
			s.startOver(t)
			s.settled(t)
			s.shows(t, "new", "ranked")
			s.do(t, append([]string{"verify"}, s.direct()...)...)
		})
	}
}

// page is what the events of a kind link to.
func page(kind string, i int) string { return fmt.Sprintf("https://%s-%d.example/", kind, i) }

// submit sends n events of a kind, each from a page of its own to a new one.
func (s *stack) submit(t *testing.T, kind string, n int) {
	t.Helper()
	for i := range n {
		e := link.Event{ID: fmt.Sprint(kind, i), Source: "https://test.example/", Time: time.Now(), Type: link.PageCrawled,
			URL: fmt.Sprintf("https://from-%s-%d.example/", kind, i), Links: []link.Link{{URL: page(kind, i)}}}
		e.Seal()
		s.await(t, "an event to be taken", func() bool {
			r, err := s.api.send("POST", "/v1/events", "application/cloudevents+json", encode(&e))
			return err == nil && r.status == 202
		})
	}
}

// settled waits until the answers hold all that the log has, made with the speed layer.
func (s *stack) settled(t *testing.T) {
	t.Helper()
	s.await(t, "the answers to hold all that the log has", func() bool {
		end, err := s.topic.ends(t.Context(), link.Topic)
		if err != nil {
			return false
		}
		now, err := s.api.status()
		return err == nil && now.View != 0 && now.Generation == now.Newest && link.Offsets(now.Offsets.Applied).Equal(end)
	})
}

// shows holds the status of a kind's pages.
func (s *stack) shows(t *testing.T, kind, status string) {
	t.Helper()
	many, _, err := s.api.lookup(page(kind, 0), page(kind, 1), page(kind, 9))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range many.Items {
		if a.Status != status {
			t.Errorf("%s is %s, want %s", a.URL, a.Status, status)
		}
	}
}

// run has a generation made.
func (s *stack) run(t *testing.T) {
	t.Helper()
	if reason := s.failing(t); reason != "" {
		t.Fatalf("the run failed: %s", reason)
	}
}

// failing asks for a run, waits for its end and returns why it failed.
func (s *stack) failing(t *testing.T) (reason string) {
	t.Helper()
	s.await(t, "a run to be taken", func() bool {
		r, err := s.api.send("POST", "/v1/batch/runs", "", nil)
		return err == nil && r.status == 202
	})
	s.await(t, "the run to end", func() bool {
		open, err := s.api.openRun()
		return err == nil && !open
	})
	s.query(t, `SELECT coalesce(error, '') FROM batch_run ORDER BY created_at DESC LIMIT 1`, func(r pgx.Rows) error { return r.Scan(&reason) })
	return reason
}

// says waits until a process has said all of it.
func (s *stack) says(t *testing.T, l *layer, parts ...string) {
	t.Helper()
	for _, part := range parts {
		s.await(t, l.name+" to say "+part, func() bool { return strings.Contains(l.Output.String(), part) })
	}
}

// serves: the answers are what they were.
func (s *stack) serves(t *testing.T) {
	t.Helper()
	if now, err := s.api.status(); err != nil || !now.Ready {
		t.Errorf("not served: %+v, %v", now, err)
	}
	var top items
	if err := s.api.get("/v1/top?limit=3", &top); err != nil || len(top.Items) != 3 {
		t.Errorf("top: %v, %v", top, err)
	}
}

// deleteRecords removes all records there are, as retention does.
func (s *stack) deleteRecords(t *testing.T) {
	t.Helper()
	ends, err := s.topic.ends(t.Context(), link.Topic)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(s.log.addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = 10_000
	topic := kmsg.NewDeleteRecordsRequestTopic()
	topic.Topic = link.Topic
	for p, end := range ends {
		part := kmsg.NewDeleteRecordsRequestTopicPartition()
		part.Partition, part.Offset = int32(p), end
		topic.Partitions = append(topic.Partitions, part)
	}
	req.Topics = append(req.Topics, topic)
	if _, err := req.RequestWith(t.Context(), client); err != nil {
		t.Fatal(err)
	}
}

// makeAnew deletes the topic and makes it again.
func (s *stack) makeAnew(t *testing.T) {
	t.Helper()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(s.log.addr()), Transport: transport, Timeout: 10 * time.Second}
	if _, err := client.DeleteTopics(t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{link.Topic}}); err != nil {
		t.Fatal(err)
	}
	s.await(t, "the topic to be made anew", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := topics.Ensure(ctx, topics.Options{Brokers: []string{s.log.addr()}, Partitions: 4, Replication: 1}, link.Topic); err != nil {
			return false
		}
		ends, err := s.topic.ends(ctx, link.Topic)
		return err == nil && link.Offsets(nil).Behind(ends) == 0
	})
}

// startOver sets the system up again with an empty data folder and an empty database.
func (s *stack) startOver(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(s.data); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `DROP SCHEMA public CASCADE; CREATE SCHEMA public`); err != nil {
		t.Fatal(err)
	}
	s.do(t, append([]string{"migrate", "up"}, s.direct()...)...)
	s.do(t, "import", "csv", filepath.Join(filepath.Dir(s.data), "graph.csv"), "--data", s.data, "--progress", "none")
	for _, l := range s.layers() {
		l.start(t)
	}
}
