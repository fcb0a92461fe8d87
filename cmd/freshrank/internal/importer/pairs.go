package importer

import (
	"bytes"
	"fmt"
)

// eachPair calls add with whole lines of two numbers each, at most limit, until it
// finds a fault. Lines count from 1.
func eachPair(text []byte, limit uint64, add func(line int64, from, to uint64) *InputError) (lines int64, _ *InputError) {
	for len(text) > 0 {
		lines++
		// The common line is read in one go; whatever is not such a line is looked
		// at again.
		from, i := digits(text, 0)
		j := blanks(text, i)
		to, k := digits(text, j)
		if i > 0 && i <= 10 && j > i && k > j && k-j <= 10 && k < len(text) && text[k] == '\n' && from <= limit && to <= limit {
			text = text[k+1:]
			if err := add(lines, from, to); err != nil {
				err.Line = lines
				return lines, err
			}
			continue
		}
		var line []byte
		line, text = firstLine(text)
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		from, to, err := pair(line)
		if err == nil && max(from, to) > limit {
			err = &InputError{What: "page number that needs more than 32 bits", Value: fmt.Sprint(max(from, to)),
				Fix: "number the pages from 0; or import the file into a data folder, which takes any number"}
		}
		if err == nil {
			err = add(lines, from, to)
		}
		if err != nil {
			err.Line = lines
			return lines, err
		}
	}
	return lines, nil
}

func pair(line []byte) (from, to uint64, _ *InputError) {
	const fix = "each line holds two page numbers such as `12 345`; comments begin with #"
	i := bytes.IndexAny(line, " \t")
	if i < 0 {
		return 0, 0, &InputError{What: "one value instead of two page numbers", Value: string(line), Fix: fix}
	}
	first, rest := line[:i], bytes.TrimLeft(line[i:], " \t")
	if j := bytes.IndexAny(rest, " \t"); j >= 0 {
		return 0, 0, &InputError{What: "more than two values", Value: string(line), Fix: fix}
	}
	from, ok := number(first)
	if !ok {
		return 0, 0, &InputError{What: "not a page number", Value: string(first), Fix: fix}
	}
	to, ok = number(rest)
	if !ok {
		return 0, 0, &InputError{What: "not a page number", Value: string(rest), Fix: fix}
	}
	return from, to, nil
}

func number(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 19 { // 19 digits always fit
		return 0, false
	}
	n, end := digits(b, 0)
	return n, end == len(b)
}

// digits returns the number that begins at text[i], and where it ends.
func digits(text []byte, i int) (n uint64, end int) {
	for ; i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		n = 10*n + uint64(text[i]-'0')
	}
	return n, i
}

// blanks returns where the spaces and tabs that begin at text[i] end.
func blanks(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	return i
}
