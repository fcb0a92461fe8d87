package config

import (
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// FuzzFile: a file is refused with its name and what to do, or gives values of options
// alone, no more than it holds, which as a file give the same values.
func FuzzFile(f *testing.F) {
	for _, text := range []string{
		"", "# nothing\n", "damping: 0.85\nbrokers: [a:1, b:2]\nmax-lag: 1m\n", "dampign: 1\nkeep: {a: 1}\n", "- a\n", "a: [\n", "keep: 1\nkeep: 2\n", "keep: 1\n---\nkeep: 2\n",
		"data: &a x\ntopic: *a\n", "cors-origins: &a [*a]\n", "cors-origins: [[a], [b]]\n", "<<: {keep: 1}\nkeep: 2\n", "data: |\n  a\n  b\n", "data: \"\\u202e\\n\"\n", "keep: !!binary aGk=\n", "? [a]\n: b\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		values, err := parse("the.yaml", strings.NewReader(string(text)))
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || len(e.Faults) == 0 || values == nil && len(e.Faults) != 1 {
				t.Fatalf("error %#v", err)
			}
			for _, fault := range e.Faults {
				if !strings.HasPrefix(fault, "config file the.yaml") || !strings.Contains(fault, ";") && !strings.Contains(fault, "must be") {
					t.Errorf("fault %q lacks file or fix", fault)
				}
			}
			return
		}
		size := 0
		for name, value := range values {
			size += len(value)
			if !IsOption(name) || name == "config" {
				t.Errorf("%s is no option", name)
			}
		}
		if size > 2*len(text) { // an escape of two bytes is a character of three at most
			t.Errorf("%d bytes of values from %d", size, len(text))
		}
		again, err := yaml.Marshal(values)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := parse("the.yaml", strings.NewReader(string(again))); err != nil || !maps.Equal(same, values) {
			t.Errorf("%q as a file gives %q, %v", values, same, err)
		}
	})
}

// FuzzOption: one option, given a value by flag, by variable and by file, means the same
// or is refused three times, under its name; a secret is not told. What is taken is
// printed as a file that gives it again, passwords aside.
func FuzzOption(f *testing.F) {
	var names []string
	for _, name := range Names() {
		reads := strings.HasSuffix(name, "-file") || slices.Contains([]string{"config", "kafka-ca", "kafka-cert", "kafka-key"}, name)
		if !reads {
			names = append(names, name)
		}
	}
	values := []string{"0.5", "1m", "true", "off", "a:1,b:2", "-1", "1e400", "\u202e\x1b[2J", ""}
	for i, name := range names {
		f.Add(uint8(i), "1")
		f.Add(uint8(i), values[i%len(values)])
		if secret(name) {
			f.Add(uint8(i), "postgres://u:hunter2hunter2@h/d")
			f.Add(uint8(i), "host=h password='hunter2 hunter2")
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, value string) {
		name := names[int(which)%len(names)]
		file, err := yaml.Marshal(map[string]string{name: value})
		if values, e := parse("f", strings.NewReader(string(file))); err != nil || e != nil || values[name] != value || strings.ContainsRune(value, 0) {
			return // no variable or no file can hold it
		}
		want, first := load(t, "", "--"+name+"="+value)
		checkRefusal(t, name, value, first)
		byFile, second := load(t, string(file))
		checkRefusal(t, name, value, second)
		if err := os.Setenv(EnvName(name), value); err != nil {
			t.Fatal(err)
		}
		byEnv, third := load(t, "")
		if err := os.Unsetenv(EnvName(name)); err != nil {
			t.Fatal(err)
		}
		checkRefusal(t, name, value, third)
		if (first == nil) != (second == nil) || (first == nil) != (third == nil) {
			t.Fatalf("%s %q: by flag %v, by file %v, by variable %v", name, value, first, second, third)
		}
		if first != nil {
			return
		}
		text := printed(t, want)
		if a, b := printed(t, byFile), printed(t, byEnv); a != text || b != text {
			t.Fatalf("%s %q: by flag\n%s\nby file\n%s\nby variable\n%s", name, value, text, a, b)
		}
		if strings.Contains(text, "\n"+name+": "+redacted+"  # ") && strings.HasPrefix(name, "database") {
			return // a DSN hidden whole, which is to be filled in before it is one again
		}
		if again, err := load(t, text); err != nil || printed(t, again) != text {
			t.Fatalf("%s %q is printed as\n%s\nwhich is read with the error %v", name, value, text, err)
		}
	})
}

func printed(t *testing.T, a *All) string {
	t.Helper()
	var out strings.Builder
	if err := Print(&out, a, func(string) string { return "somewhere" }); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// checkRefusal: an error names the option, and what is secret in its value is not told.
func checkRefusal(t *testing.T, name, value string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if !strings.Contains(err.Error(), name) {
		t.Errorf("%s %q: the error does not name it: %v", name, value, err)
	}
	if secret(name) && told.MatchString(err.Error()) {
		t.Errorf("%s %q: the error tells the password: %v", name, value, err)
	}
}

// told finds a password of the seeds where a password stands.
var told = regexp.MustCompile(`(?i)password\s*=\s*'?hunter2|:[^/@]*hunter2[^/]*@`)

func secret(name string) bool {
	for _, o := range options(&All{}) {
		if o.name == name {
			return o.secret != ""
		}
	}
	return false
}
