package e2e

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// TestSecuredKafka: all that talks to the log does so over TLS and with a
// password: topics, API, batch and speed layer. Whoever has not the right password,
// or cannot trust the brokers, gets nowhere, and the password is told nobody. The log is
// a broker of its own or, where the environment names one, an Apache Kafka.
func TestSecuredKafka(t *testing.T) {
	folder := t.TempDir()
	ca, password := os.Getenv("FRESHRANK_TEST_SECURED_CA"), os.Getenv("FRESHRANK_TEST_SECURED_PASSWORD")
	brokers := func(*testing.T, string) string { return os.Getenv("FRESHRANK_TEST_SECURED_BROKERS") }
	if ca == "" {
		ca, password = filepath.Join(folder, "ca.pem"), "hunter2-of-kafka"
		brokers = securedLog(t, ca, password)
	}
	secret, wrong := filepath.Join(folder, "secret"), filepath.Join(folder, "wrong")
	for name, text := range map[string]string{secret: password + "\n", wrong: "wrong\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, mechanism := range []string{"plain", "scram-sha-256", "scram-sha-512"} {
		t.Run(mechanism, func(t *testing.T) {
			address, topic := brokers(t, mechanism), "e2e."+rand.Text()
			data := t.TempDir()
			graph(t, data, 500, 3000)
			kafka := func(more ...string) []string {
				return append([]string{"--brokers", address, "--topic", topic, "--kafka-sasl", mechanism, "--kafka-user", "freshrank"}, more...)
			}
			for name, flags := range map[string][]string{
				"a wrong password": kafka("--kafka-tls", "--kafka-ca", ca, "--kafka-password-file", wrong),
				"another's CA":     kafka("--kafka-tls", "--kafka-password-file", secret),
			} {
				code, out := command(t, append([]string{"up", "--wait", "2s", "--data", data, "--listen", "127.0.0.1:0"}, flags...)...)
				if code != 2 || !strings.Contains(out, address) || strings.Contains(out, password) {
					t.Errorf("%s: code %d: %s", name, code, out)
				}
			}
			p := up(t, data, kafka("--kafka-tls", "--kafka-ca", ca, "--kafka-password-file", secret, "--log-level", "debug")...)
			p.ready()
			const fresh = "https://fresh.example/"
			p.call(202, "POST", "/v1/events", crawled("1", "https://me.example/", fresh))
			p.eventually("ranked the new page", 20*time.Second, func() bool { return p.rank(fresh)["status"] == "ranked" })
			run := p.call(202, "POST", "/v1/batch/runs", "")
			p.eventually("finished the run", time.Minute, func() bool {
				_, now := p.try("GET", "/v1/batch/runs/"+run["id"].(string), "")
				if now["state"] == "failed" {
					t.Fatalf("the run failed: %v", now)
				}
				return now["state"] == "succeeded" && now["events"] == 1.0
			})
			p.stop()
			if strings.Contains(p.said(), password) {
				t.Error("the log shows the password")
			}
		})
	}
}

// securedLog returns what starts a broker with a user freshrank, by its mechanism, and
// writes down the certificate of all of them.
func securedLog(t *testing.T, ca, password string) func(t *testing.T, mechanism string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil) // for its certificate, of 127.0.0.1
	server.StartTLS()
	server.Close()
	pair := server.TLS.Certificates[0]
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, mechanism string) string {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser(strings.ToUpper(mechanism), "freshrank", password),
			kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cluster.Close)
		return cluster.ListenAddrs()[0]
	}
}
