package importer

import "bytes"

// rowCutter cuts texts of rows whose fields are separated by sep. If sep is a comma,
// fields may be quoted (RFC 4180) and then hold line ends.
type rowCutter struct{ sep byte }

// quotes says whether fields may be quoted. Tab-separated values never are: a quote
// is a character like any other.
func (r rowCutter) quotes() bool { return r.sep != '\t' }

// cut returns where the last whole row of a text ends: at a line end with an even
// number of quotes before it.
func (r rowCutter) cut(text []byte) int {
	end := atNewline(text)
	if !r.quotes() {
		return end
	}
	odd := bytes.Count(text[:end], []byte{'"'})%2 == 1
	for odd && end > 0 {
		before := atNewline(text[:end-1])
		odd = bytes.Count(text[before:end], []byte{'"'})%2 == 0
		end = before
	}
	return end
}

// next takes the first row from a text that is not empty: its fields, of which there
// are none in an empty line, in buf, and the number of lines it stands on. Fields may
// be parts of text.
func (r rowCutter) next(text []byte, buf [][]byte) (fields [][]byte, lines int64, rest []byte, _ *InputError) {
	fields = buf[:0]
	line, rest := firstLine(text)
	if len(line) == 0 {
		return fields, 1, rest, nil
	}
	if !r.quotes() || bytes.IndexByte(line, '"') < 0 {
		for {
			i := bytes.IndexByte(line, r.sep)
			if i < 0 {
				return append(fields, line), 1, rest, nil
			}
			fields, line = append(fields, line[:i]), line[i+1:]
		}
	}
	lines, rest = 1, text
	for {
		var field []byte
		var more int64
		var bad *InputError
		if len(rest) > 0 && rest[0] == '"' {
			field, more, rest, bad = quoted(rest[1:], r.sep)
		} else {
			field, rest, bad = plain(rest, r.sep)
		}
		lines += more
		if bad != nil {
			bad.Line = lines
			return nil, lines, rest, bad
		}
		fields = append(fields, field)
		if len(rest) == 0 || rest[0] != r.sep {
			_, rest = firstLine(rest)
			return fields, lines, rest, nil
		}
		rest = rest[1:]
	}
}

const quoteFix = `quote a field that holds a comma or a quote, and double the quotes in it: "a ""b"""`

// plain takes a field without quotes; rest begins with what ended it, if anything did.
func plain(text []byte, sep byte) (field, rest []byte, _ *InputError) {
	end := 0
	for end < len(text) && text[end] != sep && text[end] != '\n' {
		end++
	}
	field, rest = text[:end], text[end:]
	if len(rest) == 0 || rest[0] == '\n' {
		field = bytes.TrimSuffix(field, []byte{'\r'})
	}
	if bytes.IndexByte(field, '"') >= 0 {
		return nil, nil, &InputError{What: "a quote within a field that is not quoted", Value: string(field), Fix: quoteFix}
	}
	return field, rest, nil
}

// quoted takes a field whose first quote has been taken. lines counts the line ends in it.
func quoted(text []byte, sep byte) (field []byte, lines int64, rest []byte, _ *InputError) {
	for {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			return nil, 0, nil, &InputError{What: "a quote that is not closed", Fix: quoteFix}
		}
		lines += int64(bytes.Count(text[:i], []byte{'\n'}))
		part := text[:i]
		text = text[i+1:]
		if len(text) > 0 && text[0] == '"' {
			field, text = append(field, part...), text[1:]
			field = append(field, '"')
			continue
		}
		if field == nil {
			field = part
		} else {
			field = append(field, part...)
		}
		if bytes.HasPrefix(text, []byte("\r\n")) || string(text) == "\r" {
			text = text[1:]
		}
		if len(text) > 0 && text[0] != sep && text[0] != '\n' {
			return nil, lines, nil, &InputError{What: "text after the quote that ends a field", Value: string(text[:min(len(text), maxShown)]), Fix: quoteFix}
		}
		return field, lines, text, nil
	}
}
