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

// pairs is a DSN of keyword = value; passwordPair, what in it is secret.
var (
	pairs        = regexp.MustCompile(`^(?:\s*\w+\s*=\s*(?:'(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*|))*\s*$`)
	passwordPair = regexp.MustCompile(`(?i)(password\s*=\s*)('(?:[^'\\]|\\.)*'|(?:[^\s\\]|\\.)*)`)
)

// redacted stands for what is not shown.
const redacted = "REDACTED"

// Redact returns a DSN with what is secret in it replaced: all of it, where it is not
// plain what that is.
func Redact(dsn string) string {
	if !strings.Contains(dsn, "://") {
		if !pairs.MatchString(dsn) {
			return redacted
		}
		return passwordPair.ReplaceAllString(dsn, "${1}"+redacted)
	}
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") { // a password with a "/" in it ends up there
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
	if u.Host == "" && u.User == nil && u.Path == "" { // String would leave out the //, without which it is no DSN
		return u.Scheme + "://" + strings.TrimPrefix(u.String(), u.Scheme+":")
	}
	return u.String()
}
