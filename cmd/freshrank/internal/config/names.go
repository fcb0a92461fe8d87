package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// EnvPrefix starts the name of every variable that is an option.
const EnvPrefix = "FRESHRANK_"

// option is one field of [All].
type option struct {
	name   string // as a flag and a key of the file
	secret string // what of it: "dsn", its password; "all"; "", nothing
	field  reflect.Value
}

// EnvName returns the variable of the option with the given flag name.
func EnvName(flag string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// options lists the fields of a pointer to a struct of sections, in order.
func options(sections any) []option {
	var out []option
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if f.Anonymous {
				walk(v.Field(i))
				continue
			}
			name := f.Tag.Get("name")
			if name == "" {
				name = dashed(f.Name)
			}
			out = append(out, option{name: name, secret: f.Tag.Get("secret"), field: v.Field(i)})
		}
	}
	walk(reflect.ValueOf(sections).Elem())
	return out
}

// dashed turns EpsilonMin into epsilon-min, as kong does.
func dashed(field string) string {
	var b strings.Builder
	for i, r := range field {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Names returns the names of all options.
func Names() []string {
	var names []string
	for _, o := range options(&All{}) {
		names = append(names, o.name)
	}
	return names
}

// IsOption reports whether a flag of that name is an option, rather than
// something that only one call of one command is about.
func IsOption(flag string) bool { return slices.Contains(Names(), flag) }

// CheckEnv refuses variables that look like options and are none. Those that an
// orchestrator sets for a service called freshrank are left alone, and so are
// those of the tests.
func CheckEnv(environ []string) error {
	known := make(map[string]bool)
	var names []string
	for _, n := range Names() {
		known[EnvName(n)] = true
		names = append(names, EnvName(n))
	}
	var faults []string
	for _, kv := range environ {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, EnvPrefix) || known[name] || foreign(name) {
			continue
		}
		faults = append(faults, fmt.Sprintf("variable %s: no such option%s", name, Suggest(name, names)))
	}
	return faultsError(faults)
}

func foreign(name string) bool {
	return strings.HasPrefix(name, EnvPrefix+"TEST_") || strings.Contains(name, "_SERVICE_") ||
		strings.Contains(name, "_PORT_") || strings.HasSuffix(name, "_PORT")
}

// Suggest returns "; did you mean X?" for the nearest of names, or how to list
// them where none is near.
func Suggest(name string, names []string) string {
	best, at := "", 4
	for _, n := range names {
		if d := distance(name, n); d < at {
			best, at = n, d
		}
	}
	if best == "" {
		return "; `freshrank config print` lists all"
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// distance is the number of characters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		prev := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := prev
			if a[i] != b[j] {
				d++
			}
			prev = row[j+1]
			row[j+1] = min(d, prev+1, row[j]+1)
		}
	}
	return row[len(b)]
}
