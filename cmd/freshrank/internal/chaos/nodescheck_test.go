package chaos

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"

	"freshrank/migrations/migrationstest"
	"freshrank/migrations/topics"
)

// What a log has acknowledged is there after kill -9, at the same address.
func TestLogNodes(t *testing.T) {
	for name, make := range map[string]func() logNode{"embedded": newLocalLog, "Apache Kafka": newKafka} {
		t.Run(name, func(t *testing.T) {
			if name == "Apache Kafka" {
				onlyFull(t)
			}
			n := make()
			n.start(t, filepath.Join(t.TempDir(), "log"))
			at := n.addr()
			p := newKafkaProxy(t, at)
			if _, err := topics.Ensure(t.Context(), topics.Options{Brokers: []string{p.addr()}, Partitions: 1}, "test"); err != nil {
				t.Fatal(err)
			}
			for i := range 2 {
				transport := &kafka.Transport{}
				w := &kafka.Writer{Addr: kafka.TCP(p.addr()), Topic: "test", BatchTimeout: time.Millisecond, RequiredAcks: kafka.RequireAll, MaxAttempts: 100, Transport: transport}
				if err := w.WriteMessages(t.Context(), kafka.Message{Value: []byte("a")}); err != nil {
					t.Fatal(err)
				}
				w.Close()
				transport.CloseIdleConnections()
				if i == 0 {
					n.kill(t)
				} else {
					n.stop(t)
				}
				n.restart(t)
				if n.addr() != at {
					t.Fatalf("it moved from %s to %s", at, n.addr())
				}
			}
			conn, err := kafka.DialLeader(t.Context(), "tcp", p.addr(), "test", 0)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, last, err := conn.ReadOffsets(); err != nil || last != 2 {
				t.Errorf("%d records, %v; want 2", last, err)
			}
		})
	}
}

// What Postgres has committed is there after all of it was killed, and what it had not is
// not.
func TestPgNode(t *testing.T) {
	var n pgNode
	n.start(t, migrationstest.Dir(t))
	p := newProxy(t, n.addr())
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, n.dsn(p))
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`CREATE TABLE t (n int)`, `INSERT INTO t VALUES (1)`, `BEGIN; INSERT INTO t VALUES (2)`} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	n.kill(t)
	if _, err := conn.Exec(ctx, `COMMIT`); err == nil {
		t.Error("a killed Postgres commits")
	}
	conn.Close(ctx)
	n.restart(t)
	if conn, err = pgx.Connect(ctx, n.dsn(p)); err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var count int
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM t`).Scan(&count); err != nil || count != 1 {
		t.Errorf("%d rows, %v; want 1", count, err)
	}
}
