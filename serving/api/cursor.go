package api

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// A cursor is base64url of: one byte that names the list, the mark, and a
// checksum. It is opaque to clients, not secret, and nothing is trusted that
// stands in it: whoever forges one gets a place in a public list.
const (
	topCursor byte = iota + 1
	runCursor
	generationCursor
)

func seal(list byte, mark []byte) string {
	b := append([]byte{list}, mark...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

func unseal(list byte, cursor string) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < 5 || base64.RawURLEncoding.EncodedLen(len(b)) != len(cursor) { // the decoder passes over line ends
		return nil, badCursor(cursor)
	}
	body, sum := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if crc32.ChecksumIEEE(body) != sum || body[0] != list {
		return nil, badCursor(cursor)
	}
	return body[1:], nil
}

func badCursor(cursor string) error {
	const fix = "pass the next_cursor of the last answer of this list as it is, with the same filter, or none to start over"
	return unreadable("the cursor is not one of this list", fix, Fault{
		Field: "query.cursor", Value: printable(cursor), Fix: fix, Detail: "not a cursor of this list",
	})
}

// A mark of the top list: generation, view, x, key, host filter.
const topMarkSize = 8 + 8 + 8 + 16

func encodeTop(m serving.TopMark, host string) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(m.Generation))
	b = binary.BigEndian.AppendUint64(b, uint64(m.View))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(m.X))
	b = append(b, m.Key[:]...)
	return seal(topCursor, append(b, host...))
}

func decodeTop(cursor, host string) (*serving.TopMark, error) {
	b, err := unseal(topCursor, cursor)
	if err != nil {
		return nil, err
	}
	if len(b) < topMarkSize || string(b[topMarkSize:]) != host {
		return nil, badCursor(cursor)
	}
	m := &serving.TopMark{
		Generation: int64(binary.BigEndian.Uint64(b)),
		View:       int64(binary.BigEndian.Uint64(b[8:])),
		X:          math.Float64frombits(binary.BigEndian.Uint64(b[16:])),
		Key:        link.PageKey(b[24:40]),
	}
	if m.Generation < 0 || m.View < 0 || math.IsNaN(m.X) || math.IsInf(m.X, 0) {
		return nil, badCursor(cursor)
	}
	return m, nil
}

// A mark of the list of runs: creation in microseconds, id.
func encodeRun(m serving.RunMark) string {
	key, _ := link.ParsePageKey(m.ID) // an id of ours is a UUID
	return seal(runCursor, append(binary.BigEndian.AppendUint64(nil, uint64(m.CreatedAt.UnixMicro())), key[:]...))
}

func decodeRun(cursor string) (*serving.RunMark, error) {
	b, err := unseal(runCursor, cursor)
	if err != nil {
		return nil, err
	}
	if len(b) != 8+16 {
		return nil, badCursor(cursor)
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC()
	if at.Year() < 2000 || at.Year() > 9999 {
		return nil, badCursor(cursor) // Postgres would refuse it
	}
	return &serving.RunMark{CreatedAt: at, ID: link.PageKey(b[8:]).String()}, nil
}

func encodeGeneration(number int64) string {
	return seal(generationCursor, binary.BigEndian.AppendUint64(nil, uint64(number)))
}

func decodeGeneration(cursor string) (int64, error) {
	b, err := unseal(generationCursor, cursor)
	if err != nil {
		return 0, err
	}
	if len(b) != 8 || int64(binary.BigEndian.Uint64(b)) < 1 {
		return 0, badCursor(cursor)
	}
	return int64(binary.BigEndian.Uint64(b)), nil
}
