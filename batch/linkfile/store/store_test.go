package store_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"freshrank/batch/linkfile/store"
	"freshrank/batch/linkfile/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLocal(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func() store.Store {
		root := filepath.Join(t.TempDir(), "root")
		return func() store.Store { return store.NewLocal(root) }
	})
}

func TestS3(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func() store.Store {
		server := storetest.NewServer(t)
		return func() store.Store { return bucket(t, server) }
	})
}

func bucket(t *testing.T, server *storetest.Server) *store.S3 {
	t.Helper()
	transport := server.Client().Transport
	t.Cleanup(server.Client().CloseIdleConnections)
	s, err := store.NewS3(store.S3Options{
		Bucket: storetest.Bucket, Prefix: "some/where", Endpoint: server.URL, Region: "us-east-1",
		AccessKey: "who", SecretKey: "topsecret", Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A server that fails now and then is asked again; one that refuses is not.
func TestS3Retries(t *testing.T) {
	server := storetest.NewServer(t)
	s := bucket(t, server)
	want := bytes.Repeat([]byte("0123456789"), 1000)
	var asked, failures atomic.Int64
	fail := func(status int, cut bool) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			asked.Add(1)
			if failures.Add(-1) < 0 {
				return false
			}
			if cut { // in the middle of the answer
				w.Header().Set("Content-Length", "100000")
				_, _ = w.Write(want[:10])
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(status)
			return true
		}
	}
	server.Fail = fail(http.StatusServiceUnavailable, false)
	failures.Store(2)
	if err := store.Write(t.Context(), s, "a", want); err != nil {
		t.Fatal(err)
	}
	o, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	for _, cut := range []bool{false, true} {
		server.Fail = fail(http.StatusServiceUnavailable, cut)
		failures.Store(2)
		if _, err := o.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
			t.Errorf("after failures: %v", err)
		}
	}
	server.Fail = fail(http.StatusForbidden, false)
	failures.Store(1 << 30)
	asked.Store(0)
	if _, err := o.ReadAt(got, 0); err == nil || asked.Load() != 1 {
		t.Errorf("refused: %v after %d requests", err, asked.Load())
	}
	server.Fail = fail(0, true)
	asked.Store(0)
	if _, err := o.ReadAt(got, 0); err == nil || asked.Load() > 40 {
		t.Errorf("broken for good: %v after %d requests", err, asked.Load())
	}
}

// An object that was replaced while it is read is not half of one and half of the other.
func TestS3Replaced(t *testing.T) {
	server := storetest.NewServer(t)
	s := bucket(t, server)
	if err := store.Write(t.Context(), s, "a", []byte("old")); err != nil {
		t.Fatal(err)
	}
	o, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	server.Change("some/where/a", func([]byte) []byte { return []byte("new") })
	if _, err := o.ReadAt(make([]byte, 3), 0); err == nil {
		t.Error("read the new object")
	}
}

func TestS3LeavesNothing(t *testing.T) {
	server := storetest.NewServer(t)
	s := bucket(t, server)
	w, err := s.Create(t.Context(), "g/1/a")
	if err != nil {
		t.Fatal(err)
	}
	// The upload breaks off and cannot be ended either.
	server.Fail = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("uploadId") {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	_, err = w.Write(make([]byte, 40<<20))
	if err = errors.Join(err, w.Commit()); err == nil {
		t.Fatal("a broken upload was committed")
	}
	server.Fail = nil
	if server.Uploads() == 0 {
		t.Error("no upload to tidy up")
	}
	if err := s.Tidy(t.Context(), "g"); err != nil || server.Uploads() != 0 {
		t.Errorf("%d uploads are left, %v", server.Uploads(), err)
	}
	if keys := server.Keys(); len(keys) > 0 {
		t.Errorf("left behind: %q", keys)
	}
}

func TestS3Options(t *testing.T) {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "who", "AWS_SECRET_ACCESS_KEY": "topsecret", "AWS_REGION": "r", "AWS_ENDPOINT_URL": "https://h:9000"}
	getenv := func(name string) string { return env[name] }
	o, err := store.S3FromEnv("s3://b/some/where/", getenv)
	want := store.S3Options{Bucket: "b", Prefix: "some/where", Endpoint: "https://h:9000", Region: "r", AccessKey: "who", SecretKey: "topsecret"}
	if err != nil || o != want {
		t.Errorf("%+v, %v", o, err)
	}
	delete(env, "AWS_ACCESS_KEY_ID")
	for _, root := range []string{"s3://", "s3://b"} {
		if _, err := store.S3FromEnv(root, getenv); err == nil || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: %v", root, err)
		}
	}
	for _, endpoint := range []string{"h:9000", "ftp://h", "https://"} {
		if _, err := store.NewS3(store.S3Options{Bucket: "b", Endpoint: endpoint}); err == nil {
			t.Errorf("endpoint %s was taken", endpoint)
		}
	}
}

// No secret shows in an error.
func TestS3ErrorsTellNoSecret(t *testing.T) {
	server := storetest.NewServer(t)
	s := bucket(t, server)
	server.Fail = func(w http.ResponseWriter, r *http.Request) bool {
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	_, err1 := s.Open(t.Context(), "a")
	_, err2 := s.List(t.Context(), "a")
	for _, err := range []error{err1, err2, store.Write(t.Context(), s, "a", nil), s.Remove(t.Context(), "a"), s.Tidy(t.Context(), "a")} {
		if err == nil || strings.Contains(err.Error(), "topsecret") || !strings.Contains(err.Error(), "s3://bucket/some/where/a") {
			t.Errorf("error %v", err)
		}
	}
}

// A crash at any moment of a local write leaves hidden names, which Tidy removes.
func TestLocalLeftovers(t *testing.T) {
	root := t.TempDir()
	s := store.NewLocal(root)
	if _, err := s.Create(t.Context(), "g/a"); err != nil {
		t.Fatal(err)
	}
	f, err := s.Begin(t.Context(), "g/1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	if names, err := s.List(t.Context(), "g"); err != nil || len(names) > 0 {
		t.Errorf("sees %q, %v", names, err)
	}
	if err := s.Tidy(t.Context(), "g"); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(root, "g"))
	if err != nil || slices.ContainsFunc(left, func(fs.DirEntry) bool { return true }) {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
