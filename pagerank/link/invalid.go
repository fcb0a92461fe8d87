package link

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// InvalidError is a refusal of something a user sent: which field, what stood
// there, and what has to stand there instead. Sending the same thing again gives
// the same error.
type InvalidError struct {
	Field string // path, such as "data.links[17].url"; "event" for the event as a whole
	Value string // what was given, cut to 200 bytes; empty if the field is missing
	Fix   string // what to send instead, fit to follow "field value: "
}

// Error names field, value and fix in one line.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.Field, clip(e.Value), e.Fix)
}

// maxShown is the length in bytes to which values are cut: errors end up in
// headers, logs and responses.
const maxShown = 200

func invalid(field, value, fix string, args ...any) *InvalidError {
	if len(args) > 0 {
		fix = fmt.Sprintf(fix, args...)
	}
	return &InvalidError{Field: field, Value: strings.Clone(clip(value)), Fix: fix}
}

// clip cuts s to maxShown bytes without cutting a character.
func clip(s string) string {
	if len(s) <= maxShown {
		return s
	}
	end := maxShown
	for end > maxShown-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
