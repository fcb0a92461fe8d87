package linkfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"

	"github.com/apache/arrow/go/v15/parquet/metadata"

	"freshrank/batch/linkfile/store"
)

// magic begins and ends a Parquet file.
const magic = "PAR1"

// footer returns the metadata at the end of a file, and how long it and what follows it
// are.
func footer(b []byte) (m *metadata.FileMetaData, length int, err error) {
	const tail = 4 + len(magic)
	if len(b) < tail || string(b[len(b)-len(magic):]) != magic {
		return nil, 0, errors.New("does not end as a Parquet file does")
	}
	n := int64(binary.LittleEndian.Uint32(b[len(b)-tail:])) + int64(tail)
	if n > int64(len(b)) {
		return nil, 0, errors.New("is shorter than its footer")
	}
	m, err = metadata.NewFileMetaData(b[int64(len(b))-n:len(b)-tail], nil)
	return m, int(n), err
}

// joined is a file put together from files of one row group.
type joined struct {
	to    store.Writer
	meta  *metadata.FileMetaData
	whole hash.Hash
	at    int64
	parts []Part
}

// piece is a part of a file and, of a row group, the metadata of a file of only that.
type piece struct {
	Part
	bytes []byte
	meta  *metadata.FileMetaData
}

func newPiece(b []byte) piece {
	sum := sha256.Sum256(b)
	return piece{Part: Part{Bytes: int64(len(b)), SHA256: hex.EncodeToString(sum[:])}, bytes: b}
}

// cut returns the only row group of a file as the i-th of another. The bytes before the
// first one belong to it.
func cut(i int, one []byte) (piece, error) {
	m, length, err := footer(one)
	if err != nil {
		return piece{}, err
	}
	one = one[:len(one)-length]
	if i > 0 {
		one = one[len(magic):]
	}
	p := newPiece(one)
	p.meta = m
	ordinal := int16(i)
	m.RowGroups[0].Ordinal = &ordinal
	return p, nil
}

// append appends a row group.
func (j *joined) append(p piece) error {
	moved := max(j.at-int64(len(magic)), 0)
	rows := p.meta.RowGroups[0]
	*rows.FileOffset += moved
	for _, c := range rows.Columns {
		c.FileOffset += moved
		c.MetaData.DataPageOffset += moved
		if c.MetaData.DictionaryPageOffset != nil {
			*c.MetaData.DictionaryPageOffset += moved
		}
	}
	if err := j.meta.AppendRowGroups(p.meta); err != nil {
		return err
	}
	return j.write(p)
}

func (j *joined) write(p piece) error {
	j.whole.Write(p.bytes)
	j.at += p.Bytes
	j.parts = append(j.parts, p.Part)
	_, err := j.to.Write(p.bytes)
	return err
}

// end writes the footer.
func (j *joined) end() error {
	var b bytes.Buffer
	if len(j.parts) == 0 {
		b.WriteString(magic)
	}
	n, err := j.meta.WriteTo(&b, nil)
	if err != nil {
		return err
	}
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(n)))
	b.WriteString(magic)
	return j.write(newPiece(b.Bytes()))
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
