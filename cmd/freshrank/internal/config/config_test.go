package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"freshrank/serving"
)

func load(t *testing.T, file string, args ...string) (*All, error) {
	t.Helper()
	if file != "" {
		path := filepath.Join(t.TempDir(), "freshrank.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	var a struct {
		All `embed:""`
	}
	k, err := kong.New(&a, kong.Resolvers(&File{}), kong.DefaultEnvars("FRESHRANK"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Parse(args); err != nil {
		return nil, err
	}
	return &a.All, Validate(&a)
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	t.Setenv("FRESHRANK_KEEP", "5")
	t.Setenv("FRESHRANK_DAMPING", "0.7")
	a, err := load(t, "keep: 4\ndamping: 0.6\nmax-links: 9\nbrokers: [a:1, b:2]\nmax-lag: 1m\n", "--damping=0.8")
	if err != nil {
		t.Fatal(err)
	}
	if a.Damping != 0.8 || a.Keep != 5 || a.MaxLinks != 9 || a.MaxSweeps != 1000 {
		t.Errorf("damping %v keep %v max-links %v max-sweeps %v, want 0.8 5 9 1000", a.Damping, a.Keep, a.MaxLinks, a.MaxSweeps)
	}
	if len(a.Brokers) != 2 || a.Brokers[1] != "b:2" || a.MaxLag.Seconds() != 60 {
		t.Errorf("brokers %q, max-lag %v", a.Brokers, a.MaxLag)
	}
}

func TestFileFaultsAreReportedTogether(t *testing.T) {
	_, err := load(t, "dampign: 0.6\nkeep:\n  a: 1\nzzzzzzz: 1\n")
	if err == nil {
		t.Fatal("a faulty file was taken")
	}
	for _, want := range []string{`line 1: key "dampign": no such option; did you mean damping?`, `key "keep": must be a value or a list`, `key "zzzzzzz": no such option; `} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
}

func TestFilesThatAreNoMapping(t *testing.T) {
	for _, file := range []string{"- a\n", "a: [\n", "keep: 1\nkeep: 2\n", "keep: 1\n---\nkeep: 2\n", "just words"} {
		if _, err := load(t, file); err == nil {
			t.Errorf("file %q was taken", file)
		}
	}
	if _, err := load(t, "# nothing set\n"); err != nil {
		t.Errorf("a file of comments: %v", err)
	}
	if _, err := load(t, "", "--config", "/does/not/exist"); err == nil {
		t.Error("a missing file was taken")
	}
}

func TestValidateReportsAllFaults(t *testing.T) {
	_, err := load(t, "", "--damping=1.5", "--keep=0", "--brokers=nohost", "--epsilon-min=0.5", "--listen=8080", "--database=postgres://u:secret@h:x/d",
		"--partitions=0", "--rel-policy=none", "--log-level=loud", "--data=", "--max-body=1", "--max-url-bytes=1")
	if err == nil {
		t.Fatal("faulty options were taken")
	}
	for _, want := range []string{"damping 1.5:", "keep 0:", `brokers "nohost":`, "epsilon-max 0.1:", `listen "8080":`, "database ", "partitions 0:",
		"rel-policy none:", "log-level loud:", "data ", "max-body 1:", "max-url-bytes 1:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("error shows the password:\n%v", err)
	}
}

// TestNoSecretInABucket: what looks like credentials in the name of one is refused, and
// not told.
func TestNoSecretInABucket(t *testing.T) {
	if _, err := load(t, "", "--data=s3://id:hunter2@bucket/prefix"); err == nil || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
	if _, err := load(t, "", "--data=s3://bucket/a:b@c"); err != nil {
		t.Error(err)
	}
}

func TestSecretFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(path, []byte("postgres://u:p@h/d\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FRESHRANK_DATABASE_FILE", path)
	a, err := load(t, "")
	if err != nil || a.Database.Database != "postgres://u:p@h/d" {
		t.Errorf("database %q, error %v", a.Database.Database, err)
	}
	if _, err := load(t, "", "--database=postgres://h/e"); err == nil || !strings.Contains(err.Error(), "not both") {
		t.Errorf("a DSN and a file of one: error %v", err)
	}
}

func TestPrintIsAFileAndHidesSecrets(t *testing.T) {
	a, err := load(t, "", "--database=postgres://u:hunter2@h/d?sslpassword=hunter2", "--database-direct=host=h password='hunter 2' user=u", "--brokers=a:1,b:2")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Print(&out, a, func(string) string { return "default" }); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter") {
		t.Errorf("a secret is shown:\n%s", out.String())
	}
	b, err := load(t, out.String())
	if err != nil {
		t.Fatalf("the output is not a config file: %v\n%s", err, out.String())
	}
	if b.MaxFuture != a.MaxFuture || len(b.Brokers) != 2 || b.Tolerance != a.Tolerance {
		t.Errorf("options changed on the way:\n%s", out.String())
	}
}

// TestRedact: of what is no DSN, or one that is hard to read, nothing is told; of the
// rest, all but what is secret.
func TestRedact(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:hunter2@h:5/d?sslmode=require":    "postgres://u:REDACTED@h:5/d?sslmode=require",
		"postgres://u@h/d?password=hunter2":             "postgres://u@h/d?password=REDACTED",
		"host=h user=u password=hunter2 dbname=d":       "host=h user=u password=REDACTED dbname=d",
		`host=h password = 'hunter2 \' hunter2' user=u`: "host=h password = REDACTED user=u",
		`password=hunter2\ hunter2 user=u`:              "password=REDACTED user=u",
		"PASSWORD=hunter2 sslpassword=hunter2":          "PASSWORD=REDACTED sslpassword=REDACTED",
		"host=h password= hunter2":                      "host=h password= REDACTED",
		"host=h password='hunter2 hunter2":              "REDACTED",
		"u:hunter2@h/d":                                 "REDACTED",
		"postgres:u:hunter2@h/d":                        "REDACTED",
		"hunter2":                                       "REDACTED",
		"postgres://u:hun ter2@h/d":                     "REDACTED",
		"postgres://u:7/hunter2@h/d":                    "REDACTED",
		"postgres://u:7?hunter2@h/d":                    "REDACTED",
		"postgres://u:7#hunter2@h/d":                    "REDACTED",
		"postgres://u:hunter2@h:x/d":                    "REDACTED",
		"http://hunter2@h/d":                            "REDACTED",
		"postgres://?host=/s&password=hunter2":          "postgres://?host=%2Fs&password=REDACTED",
		"postgres://":                                   "postgres://",
		"":                                              "",
	} {
		if got := Redact(dsn); got != want {
			t.Errorf("%s is told as %s, want %s", dsn, got, want)
		}
	}
}

// TestKeyIsASecret: it is printed and told of in errors as REDACTED alone, and
// what came from a file is printed as the file.
func TestKeyIsASecret(t *testing.T) {
	key := serving.NewSecret()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--key", key}, {"--key-file", file}} {
		a, err := load(t, "", args...)
		if err != nil || a.Key != key {
			t.Fatalf("key %q, error %v", a.Key, err)
		}
		var out strings.Builder
		if err := Print(&out, a, func(string) string { return "flag" }); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), key[10:]) {
			t.Errorf("the key is shown:\n%s", out.String())
		}
		if _, err := load(t, out.String()); err != nil {
			t.Errorf("the output is not a config file: %v\n%s", err, out.String())
		}
	}
	if _, err := load(t, "", "--key", key+"x"); err == nil || strings.Contains(err.Error(), key[10:]) {
		t.Errorf("a wrong key: error %v", err)
	}
}

// TestKafkaOptions: what does not go together is told, passwords are not, neither
// in errors nor by Print.
func TestKafkaOptions(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	user := []string{"--kafka-user=u", "--kafka-password=hunter2"}
	for want, args := range map[string][]string{
		"kafka-sasl gssapi: must be":  append(user, "--kafka-sasl=gssapi"),
		"kafka-sasl plain: sends the": append(user, "--kafka-sasl=plain"),
		"kafka-sasl scram-sha-256":    {"--kafka-sasl=scram-sha-256", "--kafka-password=hunter2"},
		"kafka-user u":                user,
		"need --kafka-tls":            {"--kafka-ca=ca.pem"},
		"kafka-cert \"c.pem\"":        {"--kafka-tls", "--kafka-cert=c.pem"},
		"kafka-ca /does/not/exist":    {"--kafka-tls", "--kafka-ca=/does/not/exist"},
		"holds no certificate":        {"--kafka-tls", "--kafka-ca=" + empty},
		"kafka-key " + empty:          {"--kafka-tls", "--kafka-cert=" + empty, "--kafka-key=" + empty},
		"SASLprep":                    {"--kafka-sasl=scram-sha-512", "--kafka-user=u", "--kafka-password=hunter2\u0007"},
		"kafka-password-file":         {"--kafka-sasl=scram-sha-512", "--kafka-user=u", "--kafka-password-file=/does/not/exist"},
	} {
		if _, err := load(t, "", args...); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: error lacks %q, or tells the password:\n%v", args, want, err)
		}
	}
	a, err := load(t, "", append(user, "--kafka-sasl=plain", "--kafka-tls")...)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Print(&out, a, func(string) string { return "flag" }); err != nil || strings.Contains(out.String(), "hunter2") {
		t.Errorf("error %v, output\n%s", err, out.String())
	}
	if c, m, err := a.Secure(); err != nil || c == nil || c.RootCAs != nil || m.Name() != "PLAIN" {
		t.Errorf("TLS %v, SASL %v, error %v", c, m, err)
	}
	if a, err = load(t, ""); err != nil || a.Secured() {
		t.Errorf("without options: secured %v, error %v", a.Secured(), err)
	}
}

func TestCheckEnv(t *testing.T) {
	if err := CheckEnv([]string{"FRESHRANK_KEEP=1", "FRESHRANK_TEST_BROKERS=x", "FRESHRANK_SERVICE_HOST=1", "FRESHRANK_PORT=1", "FRESHRANK_PORT_80_TCP=1", "PATH=/"}); err != nil {
		t.Error(err)
	}
	err := CheckEnv([]string{"FRESHRANK_DAMPIN=1"})
	if err == nil || !strings.Contains(err.Error(), "did you mean FRESHRANK_DAMPING?") {
		t.Errorf("error %v", err)
	}
}

func TestNamesAreThoseOfTheFlags(t *testing.T) {
	var a All
	k, err := kong.New(&struct {
		All `embed:""`
	}{a})
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, f := range k.Model.Flags {
		have[f.Name] = true
	}
	for _, n := range Names() {
		if !have[n] {
			t.Errorf("option %s is no flag", n)
		}
	}
}
