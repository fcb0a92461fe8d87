package boot

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfSigned returns a certificate for the name and its key, in PEM.
func selfSigned(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// TestCertificateIsReplaced: new files are used without a restart, half of them
// or nonsense never.
func TestCertificateIsReplaced(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	clock := time.Now()
	put := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(recheckCertificate)
		if err := os.Chtimes(name, clock, clock); err != nil {
			t.Fatal(err)
		}
	}
	var log strings.Builder
	load := func() (*Certificate, error) {
		return LoadCertificate(certFile, keyFile, func() time.Time { return clock }, slog.New(slog.NewTextHandler(&log, nil)))
	}
	if _, err := load(); ExitCode(err) != ExitUsage || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no files: %v", err)
	}
	cert1, key1 := selfSigned(t, "one.example")
	cert2, key2 := selfSigned(t, "two.example")
	put(certFile, cert1)
	put(keyFile, key2)
	if _, err := load(); ExitCode(err) != ExitUsage || !strings.Contains(err.Error(), keyFile) {
		t.Errorf("files that do not fit: %v", err)
	}
	put(keyFile, key1)
	c, err := load()
	if err != nil {
		t.Fatal(err)
	}
	is := func(when, name string) {
		t.Helper()
		got, err := c.Config().GetCertificate(nil)
		if err != nil || got.Leaf.Subject.CommonName != name {
			t.Errorf("%s: %v, %v; want %s", when, got.Leaf.Subject, err, name)
		}
	}
	is("at first", "one.example")
	put(certFile, cert2)
	is("half replaced", "one.example")
	put(keyFile, key2)
	is("replaced", "two.example")
	put(keyFile, []byte("nonsense"))
	is("broken", "two.example")
	if err := os.Remove(keyFile); err != nil {
		t.Fatal(err)
	}
	clock = clock.Add(recheckCertificate)
	is("removed", "two.example")
	if n := strings.Count(log.String(), "level=WARN"); n != 3 {
		t.Errorf("%d warnings, want 3:\n%s", n, log.String())
	}
}
