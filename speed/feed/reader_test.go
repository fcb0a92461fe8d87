package feed

import (
	"context"
	"net"
	"testing"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"
)

// answer is a broker that always says the same.
type answer struct{ kafka.Response }

func (a answer) RoundTrip(context.Context, net.Addr, kafka.Request) (kafka.Response, error) {
	return a.Response, nil
}

// A compacted topic has batches whose last records are gone. A reader must not
// ask for them for ever.
func TestOffsetWithoutRecord(t *testing.T) {
	stream := &protocol.RecordStream{Records: []protocol.RecordReader{protocol.NewRecordReader(protocol.Record{Offset: 6})}}
	res := &fetch.Response{Topics: []fetch.ResponseTopic{{
		Topic: "t", Partitions: []fetch.ResponsePartition{{HighWatermark: 20, RecordSet: protocol.RecordSet{Version: 2, Records: stream}}}}}}
	f, err := New(Options{Brokers: []string{"nobody:1"}, Topic: "t"})
	if err != nil {
		t.Fatal(err)
	}
	f.client.Transport = answer{res}
	r := &reader{Feed: f, next: 7}
	if records, next, err := r.fetch(t.Context()); len(records) != 0 || next != 8 || err != nil {
		t.Errorf("%d records, next %d, %v", len(records), next, err)
	}
	stream.Records = nil // the end of the log
	if records, next, err := r.fetch(t.Context()); len(records) != 0 || next != 7 || err != nil {
		t.Errorf("%d records, next %d, %v", len(records), next, err)
	}
}
