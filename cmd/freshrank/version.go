package main

import (
	"encoding/json"
	"fmt"

	"freshrank/cmd/freshrank/internal/boot"
)

type versionCmd struct {
	JSON bool `name:"json" help:"As JSON."`
}

func (versionCmd) Help() string { return "Example:\n\n    freshrank version --json" }

func (v *versionCmd) Run(c *call) error {
	b := boot.Version()
	if v.JSON {
		return json.NewEncoder(c.stdout).Encode(b)
	}
	fmt.Fprintf(c.stdout, "freshrank %s (%s, %s)\n", b.Version, b.Go, b.Platform)
	return nil
}
