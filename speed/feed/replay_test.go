package feed_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank/link"
	"freshrank/speed"
	"freshrank/speed/feed"
)

// deadLog is a log with four records, and dead letters of them that may have lost
// their ends.
func deadLog(t *testing.T) (l *log, f *feed.Feed, dead string, ctx context.Context) {
	t.Helper()
	l = newLog(t, 2)
	dead = migrationstest.Topic(t, l.brokers, 3)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	l.produce(0, "good")
	l.produce(1, "bad", string(bytes.Repeat([]byte("x"), 30_000)), string(bytes.Repeat([]byte("y"), 30_000)))
	return l, l.feed(func(o *feed.Options) { o.DeadLetterTopic = dead }), dead, ctx
}

// store writes a letter as an older speed layer may have.
func (l *log) store(topic string, partition int, value string, headers ...kafka.Header) {
	l.t.Helper()
	res, err := l.client.Produce(l.t.Context(), &kafka.ProduceRequest{Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll,
		Records: kafka.NewRecordReader(kafka.Record{Time: time.Now(), Key: kafka.NewBytes([]byte("key")), Value: kafka.NewBytes([]byte(value)), Headers: headers})})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

func header(key, value string) kafka.Header { return kafka.Header{Key: key, Value: []byte(value)} }

func TestLetters(t *testing.T) {
	l, f, dead, ctx := deadLog(t)
	count := func() (all []string) {
		t.Helper()
		err := f.Letters(ctx, func(l feed.Letter) error {
			if time.Since(l.SetAside) > time.Minute {
				t.Errorf("set aside at %s", l.SetAside)
			}
			all = append(all, fmt.Sprintf("%d:%d %s %q %d %v %s", l.Partition, l.Offset, l.Value, l.Reason, l.Bytes, l.Cut, l.Field))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := count(); len(got) > 0 {
		t.Errorf("nothing was set aside: %q", got)
	}
	letters := []speed.DeadLetter{
		{Record: link.Record{Partition: 0, Offset: 7, Value: []byte("a")}, Reason: "is no event"},
		{Record: link.Record{Partition: 1, Offset: 8, Value: []byte("b")}, Reason: "no URL", Field: "data.url"},
	}
	for _, letter := range letters {
		if err := f.SetAside(ctx, []speed.DeadLetter{letter}); err != nil {
			t.Fatal(err)
		}
	}
	l.store(dead, 2, "b", header(feed.HeaderCut, "30000"), header(feed.HeaderPartition, "1"), header(feed.HeaderOffset, "2"))
	l.store(dead, 2, "a stranger's", header(feed.HeaderPartition, "-7"), header(feed.HeaderOffset, "many"))
	want := []string{`0:7 a "is no event" 1 false `, `1:8 b "no URL" 1 false data.url`, `1:2 b "" 30000 true `, `-1:-1 a stranger's "" 12 false `}
	if got := count(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("letters\n%q, want\n%q", got, want)
	}
}

func TestReplay(t *testing.T) {
	l, f, _, ctx := deadLog(t)
	letter := func(partition int, offset int64, value string, cut bool) feed.Letter {
		return feed.Letter{Cut: cut, DeadLetter: speed.DeadLetter{
			Record: link.Record{Partition: partition, Offset: offset, Key: []byte("key"), Value: []byte(value)}}}
	}
	replay := func(dry bool) string {
		t.Helper()
		r := f.Replay(dry)
		for _, one := range []feed.Letter{
			letter(1, 0, "bad", false),
			letter(1, 0, "bad", false),  // the letter was stored twice
			letter(0, 55, "bad", false), // came back after an earlier replay
			letter(1, 1, "xxx", true),
			letter(1, 9, "zzz", true), // no such record in the log
			letter(5, 3, "from when there were more partitions", false),
			letter(-1, -1, "a stranger's", false),
			letter(-1, -1, "a stranger's", true), // where would the rest of it be?
		} {
			if err := r.Add(ctx, one); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(r.Sent, r.Same, r.Gone)
	}
	before := link.Offsets{1, 3}
	if got := replay(true); got != "4 2 2" {
		t.Errorf("dry: sent, same, gone are %s", got)
	}
	if got := replay(false); got != "4 2 2" {
		t.Errorf("sent, same, gone are %s", got)
	}
	all, err := l.follow(f, before, before, func(b speed.Batch) bool { return b.Next.Covers(link.Offsets{2, 6}) })
	if err != nil {
		t.Fatal(err)
	}
	// Neither more, from the dry one, nor less.
	got := fmt.Sprintf("%q %d %q", values(all, 0), len(values(all, 1)), []string{values(all, 1)[0], values(all, 1)[2]})
	if got != `["1:a stranger's"] 3 ["3:bad" "5:from when there were more partitions"]` {
		t.Errorf("the log got %.200s", got)
	}
	if v := values(all, 1)[1]; len(v) != len("4:")+30_000 {
		t.Errorf("the record that was cut came back with %d bytes", len(v))
	}
}
