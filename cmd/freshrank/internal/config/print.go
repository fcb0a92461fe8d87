package config

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"

	"gopkg.in/yaml.v3"
)

// Print writes every option of a as a YAML file that --config takes, with each
// secret redacted and, as a comment, where the value comes from.
func Print(w io.Writer, a *All, source func(option string) string) error {
	all := options(a)
	for i, o := range all {
		if o.name == "config" {
			continue
		}
		v := o.field.Interface()
		if o.secret != "" && i+1 < len(all) && all[i+1].name == o.name+"-file" && !all[i+1].field.IsZero() {
			v = "" // it came from there
		}
		if s, ok := v.(fmt.Stringer); ok {
			v = s.String()
		}
		if s, ok := v.(string); ok && s != "" {
			switch o.secret {
			case "dsn":
				v = Redact(s)
			case "all":
				v = redacted
			}
		}
		b, err := yaml.Marshal(map[string]any{o.name: v})
		if err != nil {
			return fmt.Errorf("print option %s: %w", o.name, err)
		}
		lines := strings.SplitN(strings.TrimRight(string(b), "\n"), "\n", 2)
		lines[0] += "  # " + source(o.name)
		if _, err := fmt.Fprintln(w, strings.Join(lines, "\n")); err != nil {
			return fmt.Errorf("print options: %w", err)
		}
	}
	return nil
}

var passwordPair = regexp.MustCompile(`(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'|\S+)`)

// redacted stands for what is not shown.
const redacted = "REDACTED"

// Redact returns a DSN with what is secret in it replaced.
func Redact(dsn string) string {
	if !strings.Contains(dsn, "://") {
		return passwordPair.ReplaceAllString(dsn, "${1}"+redacted)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return redacted
	}
	if _, ok := u.User.Password(); ok {
		u.User = url.UserPassword(u.User.Username(), redacted)
	}
	q := u.Query()
	for k := range q {
		if strings.Contains(strings.ToLower(k), "password") {
			q.Set(k, redacted)
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}
