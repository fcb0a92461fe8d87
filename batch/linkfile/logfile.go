package linkfile

import (
	"context"
	"errors"
	"time"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/pagerank/link"
)

// groupBytes is the size of values at which a row group of a log file ends, since
// a record may be large.
const groupBytes = 16 << 20

func writeLogFile(folder, name string, records []link.Archived) (File, error) {
	w, err := newWriter(folder, name, logTable)
	if err != nil {
		return File{}, err
	}
	for len(records) > 0 {
		n, size := 0, 0
		for n < len(records) && n < logTable.rows && size < groupBytes {
			size += len(records[n].Value)
			n++
		}
		if err := w.group(n, func(g *group) { putLog(g, records[:n]) }); err != nil {
			w.abort()
			return File{}, err
		}
		records = records[n:]
	}
	return w.close()
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

// readLogFile verifies a file and calls fn with its records from ≤ offset < to.
func readLogFile(ctx context.Context, folder string, partition int, f LogFile, from, to int64, fn func(link.Archived) error) error {
	r, err := openTable(folder, f.File, logTable, fixLog)
	if err != nil {
		return err
	}
	last := f.From - 1
	err = r.each(ctx, func(in *groupReader) error {
		records, err := takeLog(in)
		if err != nil {
			return err
		}
		for i, rec := range records {
			if rec.Partition != partition || rec.Offset <= last || rec.Offset >= f.To {
				return in.r.corrupt("offset %d of partition %d is out of order or range", rec.Offset, rec.Partition)
			}
			last = rec.Offset
			if rec.Offset < from || rec.Offset >= to {
				continue
			}
			if err := fn(rec); err != nil {
				return err
			}
			if i%1024 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
		}
		return nil
	})
	return errors.Join(err, r.close())
}

func takeLog(in *groupReader) ([]link.Archived, error) {
	partitions, _, err1 := take[int32](in)
	offsets, _, err2 := take[int64](in)
	timestamps, _, err3 := take[int64](in)
	var columns [7]optionals[parquet.ByteArray]
	var errs [7]error
	for i := range columns {
		columns[i], errs[i] = takeOptional[parquet.ByteArray](in)
	}
	times, err4 := takeOptional[int64](in)
	if err := firstOf(append(errs[:], err1, err2, err3, err4)...); err != nil {
		return nil, err
	}
	records := make([]link.Archived, in.rows)
	for i := range records {
		r := &records[i]
		r.Partition, r.Offset, r.Timestamp = int(partitions[i]), offsets[i], time.UnixMilli(timestamps[i]).UTC()
		r.Key, r.Value = bytesOrNil(&columns[0]), bytesOrNil(&columns[1])
		for j, field := range []*string{&r.Refused, &r.ID, &r.Source, &r.Type, &r.URL} {
			b, _ := columns[2+j].next()
			*field = string(b)
		}
		if ns, ok := times.next(); ok {
			r.Time = time.Unix(0, ns).UTC()
		}
	}
	return records, nil
}

// bytesOrNil copies the next value: decoded ones share the memory of a page.
func bytesOrNil(o *optionals[parquet.ByteArray]) []byte {
	b, ok := o.next()
	if !ok {
		return nil
	}
	return append(make([]byte, 0, len(b)), b...)
}
