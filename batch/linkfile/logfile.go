package linkfile

import (
	"context"
	"errors"
	"sort"
	"time"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/batch/linkfile/chunk"
	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/link"
)

// groupBytes is the size of values at which a row group of a log file ends, since
// a record may be large.
const groupBytes = 16 << 20

func writeLogFile(ctx context.Context, w store.Writer, name string, records []link.Archived) (File, error) {
	var groups []span
	for from := 0; from < len(records); {
		to, size := from, 0
		for to < len(records) && to-from < logTable.rows && size < groupBytes {
			size += len(records[to].Value)
			to++
		}
		groups = append(groups, span{from, to})
		from = to
	}
	return writeTable(ctx, w, name, logTable, groups, func(s span, g *group) { putLog(g, records[s.from:s.to]) })
}

func putLog(g *group, records []link.Archived) {
	var (
		partitions          = make([]int32, len(records))
		offsets, timestamps = make([]int64, len(records)), make([]int64, len(records))
		keys, values        maybe[parquet.ByteArray]
		refused, ids        maybe[parquet.ByteArray]
		sources, types      maybe[parquet.ByteArray]
		urls                maybe[parquet.ByteArray]
		times               maybe[int64]
	)
	for i, r := range records {
		ok := r.Refused == ""
		partitions[i], offsets[i], timestamps[i] = int32(r.Partition), r.Offset, r.Timestamp.UnixMilli()
		keys.add(r.Key, r.Key != nil)
		values.add(r.Value, r.Value != nil)
		refused.add(bytesOf(r.Refused), !ok)
		ids.add(bytesOf(r.ID), ok)
		sources.add(bytesOf(r.Source), ok)
		types.add(bytesOf(r.Type), ok)
		urls.add(bytesOf(r.URL), ok)
		times.add(r.Time.UnixNano(), ok)
	}
	put(g, partitions, nil)
	put(g, offsets, nil)
	put(g, timestamps, nil)
	keys.put(g)
	values.put(g)
	for _, c := range []maybe[parquet.ByteArray]{refused, ids, sources, types, urls} {
		c.put(g)
	}
	times.put(g)
}

// readLogFile calls take with the records of a file from ≤ offset < to, and what it returns
// in order.
func (d *Dir) readLogFile(ctx context.Context, partition int, f LogFile, from, to int64, take func([]link.Archived) (func() error, error)) error {
	r, err := d.openTable(ctx, logPartition(partition), f.File, logTable, fixLog)
	if err != nil {
		return err
	}
	end := f.From // of the row groups before
	err = r.each(ctx, func(in *groupReader) error {
		records, err := in.log()
		if err != nil || len(records) == 0 {
			return err
		}
		last := f.From - 1
		for _, rec := range records {
			if rec.Partition != partition || rec.Offset <= last || rec.Offset >= f.To {
				return in.corrupt("offset %d of partition %d is out of order or range", rec.Offset, rec.Partition)
			}
			last = rec.Offset
		}
		first := records[0].Offset
		records = records[offset(records, from):offset(records, to)]
		then, err := take(records)
		if err != nil {
			return err
		}
		return in.inOrder(func() error {
			if first < end {
				return in.corrupt("offset %d of partition %d is out of order or range", first, partition)
			}
			end = last + 1
			return then()
		})
	})
	return errors.Join(err, r.close())
}

// offset returns the place of the first record of an offset that is not before o.
func offset(records []link.Archived, o int64) int {
	return sort.Search(len(records), func(i int) bool { return records[i].Offset >= o })
}

// log reads a row group of records.
func (in *groupReader) log() ([]link.Archived, error) {
	var (
		partitions          = sized(&in.numbers[0], in.rows)
		offsets, timestamps = make([]int64, in.rows), make([]int64, in.rows)
		texts               [7]optionalTexts // key, value, error, id, source, type, url
		times, seen         = make([]int64, in.rows), sized(&in.levels, in.rows)
	)
	_, err1 := chunk.Ints(&in.decode, in.column(), partitions, nil)
	err1 = in.fault(err1)
	_, err2 := chunk.Ints(&in.decode, in.column(), offsets, nil)
	err2 = in.fault(err2)
	_, err3 := chunk.Ints(&in.decode, in.column(), timestamps, nil)
	if err := firstOf(err1, err2, in.fault(err3)); err != nil {
		return nil, err
	}
	for i := range texts {
		t := &texts[i]
		if err := in.fault(chunk.Strings(&in.decode, in.column(), &t.Texts, sized(&t.levels, in.rows))); err != nil {
			return nil, err
		}
	}
	if _, err := chunk.Ints(&in.decode, in.column(), times, seen); err != nil {
		return nil, in.fault(err)
	}
	records := make([]link.Archived, in.rows)
	for i := range records {
		r := &records[i]
		r.Partition, r.Offset, r.Timestamp = int(partitions[i]), offsets[i], time.UnixMilli(timestamps[i]).UTC()
		r.Key, r.Value = texts[0].next(i), texts[1].next(i)
		for j, field := range []*string{&r.Refused, &r.ID, &r.Source, &r.Type, &r.URL} {
			*field = string(texts[2+j].next(i))
		}
		if seen[i] == 1 {
			r.Time, times = time.Unix(0, times[0]).UTC(), times[1:]
		}
	}
	return records, nil
}

// optionalTexts is an optional column of strings or bytes.
type optionalTexts struct {
	chunk.Texts
	levels []uint8
	n      int
}

// next returns the value of row i; nil if it has none. No row may be left out.
func (o *optionalTexts) next(i int) []byte {
	if o.levels[i] == 0 {
		return nil
	}
	o.n++
	return o.At(o.n - 1)
}
