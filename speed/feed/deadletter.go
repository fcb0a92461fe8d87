package feed

import (
	"context"
	"errors"
	"strconv"

	"github.com/segmentio/kafka-go"

	"freshrank/speed"
)

// Header keys of a dead letter. Key and value are the record's own, as far as the
// topic takes them.
const (
	HeaderReason    = "reason"    // why it cannot be applied, and what to do about it
	HeaderField     = "field"     // of the event; missing if no single one is to blame
	HeaderPartition = "partition" // where it stands in the log
	HeaderOffset    = "offset"
	HeaderCut       = "cut"     // bytes of the value, if only its beginning is here
	HeaderKeyCut    = "key-cut" // the same of the key
)

const (
	// maxGroupBytes of letters go into one request, well below the 1 MiB that
	// brokers take unless configured otherwise.
	maxGroupBytes = 512 << 10
	// keptBytes of a key and a value stay if the dead-letter topic refuses the whole.
	keptBytes = 16 << 10
)

// SetAside implements [speed.Log]: it returns when all in-sync replicas have the
// letters. A letter may be stored more than once.
func (f *Feed) SetAside(ctx context.Context, letters []speed.DeadLetter) error {
	for len(letters) > 0 {
		n, size := 0, 0
		for n < len(letters) && letters[n].Partition == letters[0].Partition && (n == 0 || size+len(letters[n].Value) <= maxGroupBytes) {
			size += len(letters[n].Value)
			n++
		}
		if err := f.storeGroup(ctx, letters[:n]); err != nil {
			return err
		}
		letters = letters[n:]
	}
	return nil
}

// storeGroup stores letters of one partition.
func (f *Feed) storeGroup(ctx context.Context, letters []speed.DeadLetter) error {
	what := "store dead letters in " + f.opt.DeadLetterTopic
	cut := false
	for {
		err := f.produce(ctx, letters, cut)
		switch {
		case err == nil:
			f.health.good(ctx, what)
			first := letters[0]
			f.opt.Logger.WarnContext(ctx, "set records aside", "count", len(letters), "topic", f.opt.DeadLetterTopic,
				"partition", first.Partition, "first_offset", first.Offset, "first_reason", first.Reason)
			return nil
		case errors.Is(err, kafka.MessageSizeTooLarge) && len(letters) > 1:
			half := len(letters) / 2
			if err := f.storeGroup(ctx, letters[:half]); err != nil {
				return err
			}
			return f.storeGroup(ctx, letters[half:])
		case errors.Is(err, kafka.MessageSizeTooLarge) && !cut:
			cut = true // the record itself stays in the log, and in the archive
			continue
		}
		if err := f.retry(ctx, what, err); err != nil {
			return err
		}
	}
}

func (f *Feed) produce(ctx context.Context, letters []speed.DeadLetter, cut bool) error {
	partitions, err := f.partitions(ctx, f.opt.DeadLetterTopic)
	if err != nil {
		return err
	}
	records := make([]kafka.Record, len(letters))
	for i, l := range letters {
		headers := []kafka.Header{
			{Key: HeaderReason, Value: []byte(l.Reason)},
			{Key: HeaderPartition, Value: strconv.AppendInt(nil, int64(l.Partition), 10)},
			{Key: HeaderOffset, Value: strconv.AppendInt(nil, l.Offset, 10)},
		}
		if l.Field != "" {
			headers = append(headers, kafka.Header{Key: HeaderField, Value: []byte(l.Field)})
		}
		keep := func(part []byte, header string) kafka.Bytes {
			if cut && len(part) > keptBytes {
				headers = append(headers, kafka.Header{Key: header, Value: strconv.AppendInt(nil, int64(len(part)), 10)})
				part = part[:keptBytes]
			}
			return kafka.NewBytes(part)
		}
		records[i] = kafka.Record{Time: f.opt.Now(), Key: keep(l.Key, HeaderKeyCut), Value: keep(l.Value, HeaderCut)}
		records[i].Headers = headers
	}
	return f.send(ctx, f.opt.DeadLetterTopic, letters[0].Partition%partitions, records)
}
