package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// File is a kong resolver that fills options from the YAML file which the flag
// --config or FRESHRANK_CONFIG names. Environment variables win over it.
type File struct {
	path   string
	values map[string]string
}

// Validate has nothing to add: keys are checked when the file is read.
func (f *File) Validate(*kong.Application) error { return nil }

// Resolve returns the value of a flag, nil where the file has none.
func (f *File) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if !IsOption(flag.Name) || flag.Name == "config" {
		return nil, nil
	}
	path := pathOf(ctx)
	if path == "" {
		return nil, nil
	}
	if f.path != path {
		values, err := ReadFile(path)
		if err != nil {
			return nil, err
		}
		f.path, f.values = path, values
	}
	if _, ok := os.LookupEnv(EnvName(flag.Name)); ok {
		return nil, nil
	}
	if v, ok := f.values[flag.Name]; ok {
		return v, nil
	}
	return nil, nil
}

// pathOf finds the value of --config, wherever in the command line it stands.
func pathOf(ctx *kong.Context) string {
	for _, flag := range ctx.Flags() {
		if flag.Name == "config" {
			path, _ := ctx.FlagValue(flag).(string)
			return path
		}
	}
	return ""
}

// ReadFile reads the options of a YAML file: one mapping from flag names to
// scalars or lists of scalars. All faults are reported together.
func ReadFile(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &Error{Faults: []string{fmt.Sprintf("config file: %v; name an existing file with --config", err)}}
	}
	defer f.Close()
	return parse(path, f)
}

func parse(path string, r io.Reader) (map[string]string, error) {
	var nodes map[string]yaml.Node
	dec := yaml.NewDecoder(r)
	if err := dec.Decode(&nodes); err != nil && !errors.Is(err, io.EOF) {
		return nil, &Error{Faults: []string{fmt.Sprintf("config file %s: %v; it must be one YAML mapping such as `damping: 0.85`", path, err)}}
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{Faults: []string{fmt.Sprintf("config file %s: more than one YAML document; keep one", path)}}
	}
	values := make(map[string]string)
	var faults []string
	for key, node := range nodes {
		if !IsOption(key) || key == "config" {
			faults = append(faults, fmt.Sprintf("config file %s, line %d: key %q: no such option%s", path, node.Line, key, Suggest(key, Names())))
			continue
		}
		v, err := scalar(&node)
		if err != nil {
			faults = append(faults, fmt.Sprintf("config file %s, line %d: key %q: %v", path, node.Line, key, err))
			continue
		}
		values[key] = v
	}
	sort.Strings(faults)
	return values, faultsError(faults)
}

// scalar returns a value as it would stand on a command line. Aliases are not
// followed: one can lead to itself, and a few of them make any amount of text.
func scalar(n *yaml.Node) (string, error) {
	parts := []string{n.Value}
	if n.Kind == yaml.SequenceNode {
		parts = nil
		for _, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				return "", errNoValue
			}
			parts = append(parts, c.Value)
		}
	} else if n.Kind != yaml.ScalarNode {
		return "", errNoValue
	}
	value := strings.Join(parts, ",")
	if strings.ContainsFunc(value, unicode.IsControl) {
		return "", errNoValue // what is printed of it would not always be read as the same
	}
	return value, nil
}

var errNoValue = errors.New("must be a value or a list of values, each written out and on one line")
