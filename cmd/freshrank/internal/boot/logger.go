package boot

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Logger returns a logger on w: text on a terminal and JSON otherwise, unless
// format says which. Times are UTC. In JSON a duration took is took_seconds.
func Logger(w *os.File, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, Usagef("log-level %s: must be debug, info, warn or error", level)
	}
	return newLogger(w, l, format == "text" || format == "auto" && IsTerminal(w)), nil
}

func newLogger(w io.Writer, level slog.Level, text bool) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch {
		case len(groups) == 0 && a.Key == slog.TimeKey && a.Value.Kind() == slog.KindTime:
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		case !text && a.Value.Kind() == slog.KindDuration: // which JSON would have in nanoseconds, without saying so
			return slog.Float64(a.Key+"_seconds", a.Value.Duration().Seconds())
		}
		return a
	}}
	if text {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(escaper{w}, opts))
}

// escaper writes lines of JSON with every character escaped that is not printed: a
// terminal would obey some (U+009B begins a command), others turn text around.
type escaper struct{ w io.Writer }

// Write takes whole lines, as slog writes them.
func (e escaper) Write(line []byte) (int, error) {
	hidden := func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }
	if bytes.IndexFunc(line, hidden) < 0 {
		return e.w.Write(line)
	}
	out := make([]byte, 0, len(line)+64)
	for _, r := range string(line) {
		if !hidden(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, "\\u%04x", unit)
		}
	}
	if _, err := e.w.Write(out); err != nil {
		return 0, err
	}
	return len(line), nil
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool {
	fi, err := f.Stat()
	return err == nil && fi.Mode()&os.ModeCharDevice != 0 && fi.Mode()&os.ModeDevice != 0 && f.Name() != os.DevNull
}
