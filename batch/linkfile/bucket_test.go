package linkfile

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"freshrank/batch/linkfile/store"
	"freshrank/batch/linkfile/store/storetest"
	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// inBucket makes a data folder in a bucket.
func inBucket(t *testing.T) (*Dir, *storetest.Server) {
	t.Helper()
	server := storetest.NewServer(t)
	t.Cleanup(server.Client().CloseIdleConnections)
	s, err := store.NewS3(store.S3Options{
		Bucket: storetest.Bucket, Prefix: "data", Endpoint: server.URL, Region: "us-east-1",
		AccessKey: "who", SecretKey: "secret", Transport: server.Client().Transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := openStore(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return d, server
}

// A bucket holds what a folder does, to the byte, and reads the same.
func TestBucketHoldsTheSame(t *testing.T) {
	local, want := sample(t)
	d, _ := inBucket(t)
	r := &pagerank.Result{X: make([]float64, want.Pages()), Residual: make([]float64, want.Pages())}
	params := Parameters{URLPolicy: link.PolicyVersion}
	if err := errors.Join(
		d.WriteGraph(t.Context(), 1, want, link.Offsets{3}, time.Unix(6, 0)),
		d.WriteRanks(t.Context(), 1, want, nil, r, params, link.Offsets{3}),
		d.AppendLog(t.Context(), 0, 0, 3, []link.Archived{refused(1, []byte("{}"))}),
		d.AppendLog(t.Context(), 0, 3, 5, nil),
	); err != nil {
		t.Fatal(err)
	}
	again, err := openStore(t.Context(), d.store)
	if err != nil {
		t.Fatal(err)
	}
	got, m, err := again.ReadGraph(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	sameGraph(t, got, want)
	there, err := local.GraphManifest(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "files", m.Files, there.Files)
	if _, _, m, err := again.ReadRanks(t.Context(), 1, got); err != nil || m.Unmatched != 0 {
		t.Errorf("ranks: %d unmatched, %v", m.Unmatched, err)
	}
	if rs := readLog(t, again, 0, 0, 5); len(rs) != 1 || rs[0].Offset != 1 {
		t.Errorf("log: %v", rs)
	}
	if gen, ok, err := again.LatestGraph(t.Context()); gen != 1 || !ok || err != nil {
		t.Errorf("latest graph %d, %v, %v", gen, ok, err)
	}
	if err := errors.Join(again.Remove(t.Context(), 1), again.Clean(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.ReadGraph(t.Context(), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed graph: %v", err)
	}
}

// Torn, truncated, foreign and missing objects are refused, whatever the server says of
// them.
func TestBucketDamageIsRefused(t *testing.T) {
	d, server := inBucket(t)
	_, g := sample(t)
	r := &pagerank.Result{X: make([]float64, g.Pages()), Residual: make([]float64, g.Pages())}
	write := func() error {
		return errors.Join(
			d.WriteGraph(t.Context(), 1, g, nil, time.Unix(6, 0)),
			d.WriteRanks(t.Context(), 1, g, nil, r, Parameters{URLPolicy: link.PolicyVersion}, nil),
		)
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	for _, key := range server.Keys() {
		if strings.HasSuffix(key, ".json") {
			continue
		}
		for what, change := range map[string]func([]byte) []byte{
			"cut":       func(b []byte) []byte { return b[:len(b)/2] },
			"torn":      func(b []byte) []byte { return append(b[:len(b)/2], make([]byte, len(b)-len(b)/2)...) },
			"longer":    func(b []byte) []byte { return append(b, 0) },
			"flipped":   func(b []byte) []byte { b[len(b)/3] ^= 4; return b },
			"an error":  func([]byte) []byte { return []byte("<Error/>") },
			"empty":     func([]byte) []byte { return nil },
			"unchanged": bytes.Clone,
		} {
			server.Change(key, change)
			_, _, err1 := d.ReadGraph(t.Context(), 1)
			_, _, _, err2 := d.ReadRanks(t.Context(), 1, g)
			if err := firstOf(err1, err2); (err == nil) != (what == "unchanged") || err != nil && !wellRefused(err, "s3://bucket/"+key) {
				t.Errorf("%s, %s: %v", key, what, err)
			}
			if err := write(); err != nil { // replaces the damage
				t.Fatal(err)
			}
		}
	}
}

// A generation that is cut short at any request does not exist, and Clean removes it.
func TestBucketCrash(t *testing.T) {
	_, g := sample(t)
	for cut := range 20 {
		d, server := inBucket(t)
		before := server.Keys()
		left := cut
		server.Fail = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet || r.Method == http.MethodHead {
				return false
			}
			if left--; left < 0 {
				w.WriteHeader(http.StatusForbidden)
				return true
			}
			return false
		}
		err := d.WriteGraph(t.Context(), 1, g, nil, time.Unix(6, 0))
		server.Fail = nil
		_, exists, listErr := d.LatestGraph(t.Context())
		if listErr != nil || exists != (err == nil) {
			t.Fatalf("cut at request %d: exists %v, %v after %v", cut, exists, listErr, err)
		}
		if exists {
			if _, _, err := d.ReadGraph(t.Context(), 1); err != nil || cut < 4 {
				t.Errorf("whole after %d requests: %v", cut, err)
			}
			return
		}
		if err := d.Clean(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := server.Keys(); !slices.Equal(after, before) {
			t.Errorf("cut at request %d: left behind %q", cut, after)
		}
	}
	t.Error("never whole")
}
