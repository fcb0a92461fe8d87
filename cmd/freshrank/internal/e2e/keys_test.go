package e2e

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestListen: an address that others can reach is refused as long as there is no
// key, unless told so; with a key it asks for one.
func TestListen(t *testing.T) {
	data := t.TempDir()
	graph(t, data, 500, 3000)
	flags := append(logFlags(), "--data", data, "--listen", "0.0.0.0:0", "--schedule", "off")
	if code, out := command(t, append([]string{"up"}, flags...)...); code != 2 || !strings.Contains(out, "keys create") || !strings.Contains(out, "--allow-anonymous") {
		t.Errorf("up without a key: code %d: %s", code, out)
	}
	p := up(t, data, append(logFlags(), "--listen", "0.0.0.0:0", "--allow-anonymous")...)
	p.call(200, "GET", "/v1/status", "")
	p.stop()
	code, secret := command(t, "keys", "create", "x", "--scopes", "read", "--data", data, "--json", "--log-level", "error")
	var made struct{ Key string }
	if err := json.Unmarshal([]byte(secret), &made); err != nil || code != 0 {
		t.Fatalf("keys create: code %d: %s", code, secret)
	}
	p = up(t, data, append(logFlags(), "--listen", "0.0.0.0:0")...)
	p.call(401, "GET", "/v1/status", "")
	p.key = made.Key
	p.call(200, "GET", "/v1/status", "")
	// serve, beside it, with the same database and log.
	if code, out := command(t, "keys", "revoke", "1", "--data", data); code != 0 {
		t.Fatalf("keys revoke: code %d: %s", code, out)
	}
	if code, out := command(t, append([]string{"serve"}, flags[:len(flags)-2]...)...); code != 2 || !strings.Contains(out, "keys create") {
		t.Errorf("serve with revoked keys alone: code %d: %s", code, out)
	}
	p.stop()
}

// TestTLS: with a certificate the API speaks HTTPS alone, and submit trusts whom it
// is told to.
func TestTLS(t *testing.T) {
	data := t.TempDir()
	server := httptest.NewUnstartedServer(nil) // for its certificate, of 127.0.0.1
	server.StartTLS()
	server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile, events := filepath.Join(data, "tls.crt"), filepath.Join(data, "tls.key"), filepath.Join(data, "events")
	for name, text := range map[string][]byte{
		certFile: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
		keyFile:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
		events:   []byte(crawled("1", "https://me.example/", "https://you.example/")),
	} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := up(t, data, append(logFlags(), "--tls-cert", certFile, "--tls-key", keyFile)...)
	if !strings.HasPrefix(p.api, "https://127.0.0.1:") {
		t.Fatalf("the API is at %s", p.api)
	}
	if code, out := command(t, "submit", events, "--data", data); code != 1 || !strings.Contains(out, "x509") {
		t.Errorf("submit, trusting the system's: code %d: %s", code, out)
	}
	t.Setenv("SSL_CERT_FILE", certFile)
	if code, out := command(t, "submit", events, "--data", data); code != 0 || !strings.Contains(out, "1 events accepted") {
		t.Errorf("submit, trusting the certificate: code %d: %s", code, out)
	}
	p.api = strings.Replace(p.api, "https", "http", 1)
	if status, _ := p.try("GET", "/livez", ""); status == 200 {
		t.Error("plain HTTP is answered, too")
	}
	p.stop()
}

// TestKeys: keys that are made before the first start and while it runs, each
// good for its scopes, one of them used by submit, and revoked under way. None is
// shown a second time, in a list or in a log.
func TestKeys(t *testing.T) {
	data := t.TempDir()
	graph(t, data, 500, 3000)
	create := func(name, scopes string, flags ...string) (id, secret string) {
		t.Helper()
		code, out := command(t, append([]string{"keys", "create", name, "--scopes", scopes, "--json", "--data", data, "--log-level", "error"}, flags...)...)
		var made struct {
			ID  json.Number
			Key string
		}
		if err := json.Unmarshal([]byte(out), &made); err != nil || code != 0 {
			t.Fatalf("keys create: code %d: %s", code, out)
		}
		return made.ID.String(), made.Key
	}
	_, ops := create("ops", "read,admin")
	p := up(t, data, append(logFlags(), "--log-level", "debug")...)
	p.call(401, "GET", "/v1/status", "")
	p.ready()
	p.key = ops
	p.call(200, "GET", "/v1/status", "")
	p.call(403, "POST", "/v1/events", crawled("1", "https://me.example/", "https://you.example/"))

	id, secret := create("crawler", "submit")
	file := filepath.Join(t.TempDir(), "crawler.key")
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	events := filepath.Join(t.TempDir(), "events.ndjson")
	if err := os.WriteFile(events, []byte(crawled("2", "https://me.example/", "https://you.example/")), 0o600); err != nil {
		t.Fatal(err)
	}
	p.eventually("knew the new key", 10*time.Second, func() bool {
		code, _ := command(t, "submit", events, "--data", data, "--key-file", file)
		return code == 0
	})
	if code, out := command(t, "submit", events, "--data", data); code != 1 || !strings.Contains(out, "API key") {
		t.Errorf("submit without a key: code %d: %s", code, out)
	}
	p.key = secret
	p.call(403, "GET", "/v1/status", "")
	_, p.key = create("slow", "read", "--rate", "0.01")
	p.eventually("knew the slow key", 10*time.Second, func() bool {
		status, _ := p.try("GET", "/v1/status", "")
		return status == 200
	})
	p.call(429, "GET", "/v1/status", "")
	p.key = secret

	if code, out := command(t, "keys", "revoke", id, "--data", data); code != 0 || !strings.Contains(out, "crawler") {
		t.Errorf("revoke: code %d: %s", code, out)
	}
	p.eventually("knew of the revocation", 15*time.Second, func() bool {
		status, _ := p.try("GET", "/v1/status", "")
		return status == 401
	})
	if code, out := command(t, "keys", "revoke", "77", "--data", data); code != 2 || !strings.Contains(out, "77") {
		t.Errorf("revoke no key: code %d: %s", code, out)
	}
	code, list := command(t, "keys", "list", "--data", data)
	if code != 0 || !strings.Contains(list, "crawler") || !strings.Contains(list, "read,admin") || !strings.Contains(list, "0.01/s") {
		t.Errorf("list: code %d: %s", code, list)
	}
	p.stop()
	for _, key := range []string{ops, secret} {
		if text := strings.TrimPrefix(key, "freshrank_"); strings.Contains(list, text) || strings.Contains(p.said(), text) {
			t.Error("a key is shown")
		}
	}
}
