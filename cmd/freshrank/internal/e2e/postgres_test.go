package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/migrations/localpg"
	"freshrank/migrations/migrationstest"
)

// TestSecuredPostgres: all layers speak to a Postgres that takes nothing but TLS and a
// password. Who does not trust its certificate, or finds another name in it, or comes
// without TLS gets nowhere, and the password is told nobody.
func TestSecuredPostgres(t *testing.T) {
	const password = "hunter2-of-postgres"
	server, host, other, root := securedPostgres(t, password)
	dsn := func(mode, root string) string {
		return fmt.Sprintf("postgres://owner:%s@%s:5432/%s?sslmode=%s&sslrootcert=%s", password, host, localpg.Database, mode, root)
	}
	stranger, _ := certificate(t, t.TempDir(), host)
	for name, wrong := range map[string]string{
		"another's root":                 dsn("verify-full", stranger),
		"a name that is not in it":       strings.Replace(dsn("verify-full", root), host, other, 1),
		"the system's roots":             fmt.Sprintf("host=%s user=owner password='%s' dbname=%s sslmode=verify-full", host, password, localpg.Database),
		"no TLS":                         dsn("disable", root),
		"another password":               strings.Replace(dsn("verify-full", root), password, password+"x", 1),
		"a root that is no file of ours": dsn("verify-full", root+".none"),
	} {
		code, out := command(t, "migrate", "up", "--wait", "1s", "--database", wrong)
		if code != 2 || strings.Contains(out, password) {
			t.Errorf("%s: code %d: %s", name, code, out)
		}
	}
	data := t.TempDir()
	graph(t, data, 500, 3000)
	p := up(t, data, append(logFlags(), "--log-level", "debug", "--database", dsn("verify-full", root))...)
	p.ready()
	const fresh = "https://fresh.example/"
	p.call(202, "POST", "/v1/events", crawled("1", "https://me.example/", fresh))
	p.eventually("ranked the new page", 20*time.Second, func() bool { return p.rank(fresh)["status"] == "ranked" })
	conn, err := pgx.Connect(t.Context(), server.DSN("", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var plain, secured int
	err = conn.QueryRow(t.Context(), "SELECT count(*) FILTER (WHERE NOT ssl), count(*) FILTER (WHERE ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'owner'").Scan(&plain, &secured)
	if err != nil || plain > 0 || secured < 3 {
		t.Errorf("%d connections without and %d with TLS, error %v", plain, secured, err)
	}
	p.stop()
	if strings.Contains(p.said(), password) {
		t.Error("the log shows the password")
	}
}

// securedPostgres starts one that listens on two addresses of this machine, which nothing
// else uses, with a certificate for the first. root is the certificate's file.
func securedPostgres(t *testing.T, password string) (server *localpg.Server, host, other, root string) {
	t.Helper()
	var b [2]byte
	rand.Read(b[:])
	host, other = fmt.Sprintf("127.101.%d.%d", b[0], b[1]), fmt.Sprintf("127.102.%d.%d", b[0], b[1])
	ln, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Skipf("this system has no address %s: %v", host, err)
	}
	ln.Close()
	dir := migrationstest.Dir(t)
	server, err = localpg.Start(t.Context(), dir, localpg.Options{NoSync: true, Settings: []string{"listen_addresses=" + host + "," + other}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	data := filepath.Join(dir, "data")
	cert, key := certificate(t, data, host)
	root, _ = certificate(t, t.TempDir(), host)
	if text, err := os.ReadFile(cert); err != nil || os.WriteFile(root, text, 0o600) != nil {
		t.Fatalf("copy the certificate: %v", err)
	}
	rules := filepath.Join(data, "pg_hba.conf")
	if err := os.WriteFile(rules, []byte("local all all trust\nhostssl all all all scram-sha-256\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{cert, key, rules} { // the server may run as another user
		if err := os.Chown(file, int(info.Sys().(*syscall.Stat_t).Uid), -1); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pgx.Connect(t.Context(), server.DSN("", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, sql := range []string{
		"ALTER SYSTEM SET ssl_cert_file = '" + cert + "'", "ALTER SYSTEM SET ssl_key_file = '" + key + "'", "ALTER SYSTEM SET ssl = on",
		"SELECT pg_reload_conf()", "CREATE ROLE owner LOGIN SUPERUSER PASSWORD '" + password + "'",
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			if strings.Contains(sql, "ssl = on") {
				t.Skipf("this Postgres was built without TLS: %v", err)
			}
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for on, deadline := "", time.Now().Add(20*time.Second); on != "on"; {
		if err := conn.QueryRow(t.Context(), "SHOW ssl").Scan(&on); err != nil || time.Now().After(deadline) {
			t.Fatalf("TLS is %q, error %v", on, err)
		}
	}
	return server, host, other, root
}

// certificate makes a key and a certificate for an address, which it signs itself.
func certificate(t *testing.T, dir, host string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), IPAddresses: []net.IP{net.ParseIP(host)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: signed}, key: {Type: "PRIVATE KEY", Bytes: bytes}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
