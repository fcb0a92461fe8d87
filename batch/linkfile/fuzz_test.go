package linkfile

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"

	"freshrank/pagerank/link"
)

// manifests are those of [sample], one of each kind.
var manifests = [...]string{"log/0/manifest.json", "graph/1/manifest.json", "ranks/1/manifest.json"}

// FuzzManifest: a folder whose manifest is anything at all, its checksum right or not,
// is read as it says or refused: by the name of a file of ours, with a fix, and without
// memory for what it only claims to have.
func FuzzManifest(f *testing.F) {
	d, g := sample(f)
	root := d.store.Path("")
	var whole [len(manifests)][]byte
	for i, name := range manifests {
		raw, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			f.Fatal(err)
		}
		var e envelope
		if err := json.Unmarshal(raw, &e); err != nil {
			f.Fatal(err)
		}
		whole[i] = raw
		f.Add(uint8(i), false, raw)
		f.Add(uint8(i), true, []byte(e.Manifest))
		for _, change := range []string{`"rows": 4611686018427387904`, `"bytes": -1`, `"name": "../../x"`, `"parts": []`, `"parts": [{}]`, `"sha256": ""`} {
			name, _, _ := strings.Cut(change, ":")
			f.Add(uint8(i), true, []byte(strings.ReplaceAll(string(e.Manifest), name+":", change+`, "was":`)))
		}
	}
	f.Add(uint8(0), true, []byte(`{"files": [{"name": "../../freshrank.json", "from": 0, "to": 3, "sha256": "00"}]}`))
	f.Add(uint8(1), true, []byte(`{"generation": 1, "url_policy": 99}`))
	f.Add(uint8(2), false, []byte(`{"format": 2}`))
	f.Fuzz(func(t *testing.T, kind uint8, sealed bool, text []byte) {
		kind %= uint8(len(manifests))
		if sealed {
			sum := sha256.Sum256(text)
			text = fmt.Appendf(nil, `{"format": %d, "sha256": %q, "manifest": %s}`, Format, hex.EncodeToString(sum[:]), text)
		}
		file := filepath.Join(root, manifests[kind])
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		before := allocated()
		err := readWhole(t, d, kind)
		if n := allocated() - before; n > 256<<20 {
			t.Errorf("%d bytes of memory for a manifest of %d", n, len(text))
		}
		if err != nil && !refusedBelow(err, root) {
			t.Errorf("unclear error: %v", err)
		}
		if err := os.WriteFile(file, whole[kind], 0o644); err != nil {
			t.Fatal(err)
		}
		if err := readAll(t, root, g); err != nil {
			t.Errorf("reading has changed the folder: %v", err)
		}
	})
}

// readWhole reads what a manifest of the kind names, and holds it against the manifest.
func readWhole(t *testing.T, d *Dir, kind uint8) error {
	switch manifests[kind] {
	case "log/0/manifest.json":
		ends, err := d.Archived(t.Context())
		if err != nil {
			return err
		}
		last := int64(-1)
		return d.ReadLog(t.Context(), 0, 0, ends.At(0), func(r link.Archived) error {
			if r.Offset <= last || r.Offset >= ends.At(0) {
				t.Errorf("offset %d after %d, before %d", r.Offset, last, ends.At(0))
			}
			last = r.Offset
			return nil
		})
	case "graph/1/manifest.json":
		g, m, err := d.ReadGraph(t.Context(), 1)
		if err == nil && (int64(g.Pages()) != m.Pages || int64(len(g.Links.Target)) != m.Links) {
			t.Errorf("%d pages and %d links of %+v", g.Pages(), len(g.Links.Target), m)
		}
		return err
	default:
		g, _, err := d.ReadGraph(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		x, _, m, err := d.ReadRanks(t.Context(), 1, g)
		if err == nil && (len(x) != g.Pages() || m.Unmatched != 0) {
			t.Errorf("%d ranks of %d pages, %d unmatched", len(x), g.Pages(), m.Unmatched)
		}
		return err
	}
}

// refusedBelow reports whether err is what a user should get about a file below root.
func refusedBelow(err error, root string) bool {
	var corrupt *CorruptError
	var version *VersionError
	switch {
	case errors.As(err, &corrupt):
		return corrupt.Reason != "" && corrupt.Fix != "" && strings.HasPrefix(corrupt.File, root)
	case errors.As(err, &version):
		return strings.HasPrefix(version.File, root) && version.Found != version.Known
	}
	return false
}

// allocated returns the bytes that were ever allocated.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
