package main

import (
	"fmt"
	"os"

	"freshrank/cmd/freshrank/internal/config"
)

type configCmd struct {
	Print configPrintCmd `cmd:"" help:"Print every option, its value and where that comes from."`
	Check configCheckCmd `cmd:"" help:"Check flags, environment and file, and report all faults."`
}

func (configCmd) Help() string {
	return `Options come from flags, then the environment (FRESHRANK_…), then the YAML file
named by --config, then defaults.

Example:

    freshrank config print > freshrank.yaml
    freshrank config check --config freshrank.yaml`
}

type configPrintCmd struct {
	config.All `embed:""`
}

func (configPrintCmd) Help() string {
	return "The output is a file that --config takes; passwords are redacted.\n\nExample:\n\n    freshrank config print --damping 0.9"
}

func (p *configPrintCmd) Run(c *call) error {
	from := map[string]string{}
	for _, path := range c.kong.Path {
		if path.Flag != nil {
			from[path.Flag.Name] = "flag"
			if path.Resolved {
				from[path.Flag.Name] = "file"
			}
		}
	}
	return config.Print(c.stdout, &p.All, func(option string) string {
		if where := from[option]; where != "" {
			return where
		}
		if _, ok := os.LookupEnv(config.EnvName(option)); ok {
			return "environment"
		}
		return "default"
	})
}

type configCheckCmd struct {
	config.All `embed:""`
}

func (configCheckCmd) Help() string {
	return "Example:\n\n    freshrank config check --config freshrank.yaml"
}

// Run has nothing left to check: no command runs with a faulty configuration.
func (k *configCheckCmd) Run(c *call) error {
	fmt.Fprintln(c.stdout, "configuration is valid")
	return nil
}
