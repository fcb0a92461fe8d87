package chaos

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/cmd/freshrank/internal/processtest"
	"freshrank/migrations/migrationstest"
	"freshrank/pagerank/pageranktest"
)

// stack is the system as it is deployed: Postgres, the log, and a process for each
// layer, with a proxy in every connection between them and before the API.
type stack struct {
	web  *pageranktest.Web
	data string
	pg   *pgNode
	log  logNode

	serve, speed, batch *layer
	front               *proxy // between clients and the API
	api                 client // through front

	history history
	topic   *topicLog
}

// The size of the graph: small, so that its true ranks cost milliseconds.
const (
	webPages = 2500
	webLinks = 30_000
	webSeed  = 1
)

// newStack sets up a system with a graph and its first generation.
func newStack(t *testing.T) *stack {
	t.Helper()
	dir := migrationstest.Dir(t)
	s := &stack{web: pageranktest.NewWeb(webSeed, webPages, webLinks), data: filepath.Join(dir, "data"), pg: &pgNode{}, log: newLog()}
	s.pg.start(t, filepath.Join(dir, "postgres"))
	s.log.start(t, filepath.Join(dir, "log"))
	graph := filepath.Join(dir, "graph.csv")
	s.do(t, "generate", "graph", "--pages", fmt.Sprint(webPages), "--links", fmt.Sprint(webLinks), "--seed", fmt.Sprint(webSeed), "-o", graph)
	s.do(t, "import", "csv", graph, "--data", s.data, "--progress", "none")
	s.do(t, append([]string{"migrate", "up"}, s.direct()...)...)
	s.history.install(t, s.dsn())
	s.topic = newTopicLog(t, s.log)

	listen := processtest.FreeAddress(t)
	s.serve = s.layer(t, "serve", "--listen", listen)
	s.batch = s.layer(t, "batch", "--schedule", "off", "--nice", "0")
	s.speed = s.layer(t, "speed")
	s.front = newProxy(t, listen)
	s.api = newClient(t, s.front.addr())
	for _, l := range s.layers() {
		l.start(t)
	}
	s.await(t, "the first generation and the speed layer's view", func() bool {
		now, err := s.api.status()
		return err == nil && now.Ready && now.View != 0
	})
	return s
}

func newLog() logNode {
	if *apache {
		return newKafka()
	}
	return newLocalLog()
}

func (s *stack) layers() []*layer { return []*layer{s.serve, s.batch, s.speed} }

// dsn is that of Postgres without a proxy.
func (s *stack) dsn() string { return s.pg.server.DSN("", "") }

// direct names Postgres, the log and the data folder without a proxy.
func (s *stack) direct() []string { return s.flags(s.dsn(), s.log.addr()) }

func (s *stack) flags(dsn, brokers string) []string {
	return []string{"--data", s.data, "--database", dsn, "--brokers", brokers, "--log-format", "json"}
}

// layer prepares a process with proxies of its own.
func (s *stack) layer(t *testing.T, command string, more ...string) *layer {
	t.Helper()
	l := &layer{name: command, more: more, db: newProxy(t, s.pg.addr()), log: newKafkaProxy(t, s.log.addr())}
	l.args = append(append([]string{command}, s.flags(s.pg.dsn(l.db), l.log.addr())...), more...)
	return l
}

// do runs a command to its end, which must be a good one.
func (s *stack) do(t *testing.T, args ...string) string {
	t.Helper()
	out, code := processtest.Run(t, args...)
	if code != 0 {
		t.Fatalf("freshrank %v: exit code %d\n%s", args, code, out)
	}
	return out
}

// patience bounds what must happen by itself once nothing is broken any more.
const patience = 2 * time.Minute

// await waits for a condition; two minutes are too long.
func (s *stack) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); {
		if time.Now().After(deadline) {
			s.explain(t)
			t.Fatalf("waited %v for %s", patience, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// explain prints what the processes said last.
func (s *stack) explain(t *testing.T) {
	t.Helper()
	for _, l := range s.layers() {
		if l.Process != nil {
			said := l.Output.String()
			t.Logf("%s said:\n%s", l.name, said[max(0, len(said)-6000):])
		}
	}
}

// heal mends all connections.
func (s *stack) heal() {
	s.front.heal()
	for _, l := range s.layers() {
		l.heal()
	}
}

// query asks Postgres itself.
func (s *stack) query(t *testing.T, sql string, into func(pgx.Rows) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := into(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
