package e2e

import (
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"freshrank/batch/linkfile/store/storetest"
	"freshrank/migrations/migrationstest"
)

// bucket starts an S3 server that the programs of this test find by their environment,
// and returns what to name as data folder.
func bucket(t *testing.T) (*storetest.Server, string) {
	t.Helper()
	server := storetest.NewServer(t)
	certificate := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(certificate, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_S3": server.URL, "AWS_REGION": "us-east-1", "SSL_CERT_FILE": certificate,
		"AWS_ACCESS_KEY_ID": "who", "AWS_SECRET_ACCESS_KEY": "topsecret",
	} {
		t.Setenv(name, value)
	}
	return server, "s3://" + storetest.Bucket + "/some/where"
}

// TestDataInBucket: import, a batch run, rank and the speed layer on a data folder that
// is in a bucket.
func TestDataInBucket(t *testing.T) {
	server, data := bucket(t)
	if code, out := command(t, "rank", data); code != 2 || !strings.Contains(out, data) || len(server.Keys()) > 0 {
		t.Errorf("rank of nothing: code %d, objects %q: %s", code, server.Keys(), out)
	}
	graph(t, data, 500, 5000)
	if code, out := command(t, "import", "edgelist", "-", "--data", data); code != 2 || !strings.Contains(out, "has a graph already") {
		t.Errorf("a second import: code %d: %s", code, out)
	}
	flags := []string{
		"--database", migrationstest.Empty(t).OwnerDSN,
		"--brokers", strings.Join(migrationstest.Brokers(t), ","), "--topic", "e2e." + rand.Text(),
	}
	do := func(want string, args ...string) string {
		t.Helper()
		code, out := command(t, args...)
		if code != 0 || !strings.Contains(out, want) {
			t.Fatalf("%v: code %d, want %q: %s", args, code, want, out)
		}
		return out
	}
	do("exist", append([]string{"migrate", "up"}, flags...)...)
	do("generation 1 published", append([]string{"batch", "run", "--data", data}, flags...)...)
	ranks := do("\nhttp", "rank", data, "-o", "-", "--progress", "none")

	speed := spawn(t, append([]string{"speed", "--data", data, "--log-format", "json"}, flags...)...)
	s := spawn(t, append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json"}, flags...)...)
	s.listens()
	s.eventually("has a speed view", time.Minute, func() bool {
		_, status := s.try("GET", "/v1/status", "")
		return status["view"] != nil
	})
	s.call(202, "POST", "/v1/events", crawled("1", "https://me.example/", "https://fresh.example/"))
	s.eventually("ranked the new page", 20*time.Second, func() bool { return s.rank("https://fresh.example/")["status"] == "ranked" })

	// The best page by the served ranks is the best by those of the file.
	top := s.call(200, "GET", "/v1/top?limit=1", "")["items"].([]any)[0].(map[string]any)
	row := regexp.MustCompile("(?m)^" + regexp.QuoteMeta(top["url"].(string)) + "\t(\\S+)").FindStringSubmatch(ranks)
	var offline float64
	if row == nil {
		t.Fatalf("%v is not among the ranks of the file", top["url"])
	}
	if _, err := fmt.Sscan(row[1], &offline); err != nil || top["rank"].(float64) < .99*offline || top["rank"].(float64) > 1.01*offline {
		t.Errorf("%v, offline %v (%v)", top, offline, err)
	}
	do("ok: every page", append([]string{"verify", "--data", data}, flags...)...)
	if !slices.ContainsFunc(server.Keys(), func(key string) bool { return strings.HasPrefix(key, "some/where/ranks/1/") }) {
		t.Errorf("objects %q", server.Keys())
	}
	speed.stop()
	s.stop()
}
