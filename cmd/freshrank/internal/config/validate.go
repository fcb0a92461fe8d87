package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/batch/schedule"
	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/serving"
)

// Error is a faulty configuration: every fault names the option, its value and
// what to do.
type Error struct{ Faults []string }

func (e *Error) Error() string { return strings.Join(e.Faults, "\n") }

func faultsError(faults []string) error {
	if len(faults) == 0 {
		return nil
	}
	return &Error{Faults: faults}
}

// checker is a section that knows which values make sense.
type checker interface{ faults() []string }

// Validate checks every section that the command, a pointer to a struct, embeds
// at any depth and reports all faults together, as an *[Error].
func Validate(command any) error { return faultsError(embedded(reflect.ValueOf(command).Elem())) }

func embedded(v reflect.Value) (faults []string) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.Anonymous || !f.IsExported() {
			continue
		}
		// A struct that embeds one section has its method as well.
		if s, ok := v.Field(i).Addr().Interface().(checker); ok && f.Type.PkgPath() == reflect.TypeFor[All]().PkgPath() {
			faults = append(faults, s.faults()...)
		} else {
			faults = append(faults, embedded(v.Field(i))...)
		}
	}
	return faults
}

func (a *All) faults() []string {
	var out []string
	for _, s := range []checker{&a.Common, &a.Log, &a.Database, &a.Limits, &a.Batch, &a.Speed, &a.Serve, &a.Client, &a.Metrics} {
		out = append(out, s.faults()...)
	}
	return out
}

// list collects faults; must adds one unless ok.
type list []string

func (l *list) must(ok bool, option string, value any, fix string) {
	if !ok {
		*l = append(*l, fmt.Sprintf("%s %v: %s", option, value, fix))
	}
}

func (c *Common) faults() []string {
	var l list
	l.must(c.Data != "", "data", `""`, "name a folder, such as ./freshrank-data")
	bucket, _, _ := strings.Cut(strings.TrimPrefix(c.Data, "s3://"), "/")
	l.must(!strings.HasPrefix(c.Data, "s3://") || !strings.ContainsAny(bucket, "@:"), "data", "s3://"+redacted, "must be s3://BUCKET/PREFIX; credentials are those of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	l.must(c.Wait >= 0, "wait", c.Wait, "must not be negative")
	l.must(oneOf(c.LogLevel, "debug", "info", "warn", "error"), "log-level", c.LogLevel, "must be debug, info, warn or error")
	l.must(oneOf(c.LogFormat, "auto", "text", "json"), "log-format", c.LogFormat, "must be auto, text or json")
	return l
}

var hostName = regexp.MustCompile(`^(?:\*|[A-Za-z0-9._-]+)$`)

var topicName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)

func (c *Log) faults() []string {
	var l list
	for _, b := range c.Brokers {
		_, port, err := net.SplitHostPort(b)
		l.must(err == nil && port != "", "brokers", fmt.Sprintf("%q", b), "each must be HOST:PORT, such as kafka:9092")
	}
	l.must(topicName.MatchString(c.Topic), "topic", fmt.Sprintf("%q", c.Topic), "must be letters, digits, dots, dashes and underscores, at most 200, such as freshrank.links")
	l.must(c.Partitions >= 1 && c.Partitions <= 10000, "partitions", c.Partitions, "must be between 1 and 10000")
	l.must(c.Replication >= 1 && c.Replication <= 100, "replication", c.Replication, "must be between 1 and 100")
	return append(l, c.Kafka.faults()...)
}

// fromFile fills in a secret option from the file that another one names.
func (l *list) fromFile(secret *string, option, file, what string) {
	if file == "" {
		return
	}
	b, err := os.ReadFile(file)
	switch {
	case *secret != "":
		l.must(false, option+"-file", file, "give either this or --"+option+", not both")
	case err != nil:
		l.must(false, option+"-file", file, fmt.Sprintf("cannot be read (%v); name a readable file that holds the %s", err, what))
	default:
		*secret = strings.TrimSpace(string(b))
		l.must(*secret != "", option+"-file", file, "is empty; it must hold the "+what)
	}
}

func (c *Database) faults() []string {
	var l list
	l.fromFile(&c.Database, "database", c.DatabaseFile, "DSN")
	for _, o := range []struct{ name, dsn string }{{"database", c.Database}, {"database-direct", c.DatabaseDirect}} {
		if o.dsn == "" {
			continue
		}
		// pgx's own message may repeat the password.
		_, err := pgx.ParseConfig(o.dsn)
		l.must(err == nil, o.name, Redact(o.dsn), "is not a DSN, or names a certificate that cannot be read; write postgres://user:password@host:5432/name")
	}
	return l
}

func (c *Limits) faults() []string {
	var l list
	l.must(c.MaxLinks >= 1, "max-links", c.MaxLinks, "must be at least 1")
	l.must(c.MaxURLBytes >= 16, "max-url-bytes", c.MaxURLBytes, "must be at least 16")
	l.must(c.MaxEventBytes >= 1024, "max-event-bytes", c.MaxEventBytes, "must be at least 1024")
	l.must(c.MaxFuture >= 0, "max-future", c.MaxFuture, "must not be negative")
	return l
}

func (c *Batch) faults() []string {
	var l list
	_, err := schedule.Parse(c.Schedule)
	l.must(err == nil, "schedule", fmt.Sprintf("%q", c.Schedule), fix(err))
	l.must(c.Damping > 0 && c.Damping < 1, "damping", c.Damping, "must lie between 0 and 1, such as 0.85")
	l.must(oneOf(c.RelPolicy, string(link.DropMarked), string(link.CountAll)), "rel-policy", c.RelPolicy, "must be drop-marked or count-all")
	l.must(c.Tolerance >= 1e-14 && c.Tolerance < 1, "tolerance", c.Tolerance, "must lie between 1e-14 and 1, such as 1e-9")
	l.must(c.MaxSweeps >= 1, "max-sweeps", c.MaxSweeps, "must be at least 1")
	l.must(c.Workers >= 0, "workers", c.Workers, "must not be negative; 0 is one a CPU")
	l.must(c.Keep >= 1, "keep", c.Keep, "must be at least 1: the active generation stays")
	l.must(c.MaxShrink > 0 && c.MaxShrink <= 1, "max-shrink", c.MaxShrink, "must lie between 0 and 1, such as 0.5")
	return l
}

// fix is what is wrong with a schedule and what to write instead.
func fix(err error) string {
	var bad *schedule.Error
	if errors.As(err, &bad) {
		return bad.Why + "; " + bad.Fix
	}
	return "write five fields, such as " + schedule.Default
}

// Rank returns the parameters as the solver takes them.
func (c *Batch) Rank() pagerank.Options {
	return pagerank.Options{Damping: c.Damping, Tolerance: c.Tolerance, MaxSweeps: c.MaxSweeps, Workers: c.Workers}
}

func (c *Speed) faults() []string {
	var l list
	l.must(c.EpsilonMin >= 1e-12 && c.EpsilonMin < 1, "epsilon-min", c.EpsilonMin, "must lie between 1e-12 and 1, such as 1e-3")
	l.must(c.EpsilonMax < 1, "epsilon-max", c.EpsilonMax, "must be below 1, such as 0.1")
	l.must(c.EpsilonMax >= c.EpsilonMin, "epsilon-max", c.EpsilonMax, fmt.Sprintf("must not be below epsilon-min %v", c.EpsilonMin))
	return l
}

func (c *Serve) faults() []string {
	var l list
	_, _, err := net.SplitHostPort(c.Listen)
	l.must(err == nil, "listen", fmt.Sprintf("%q", c.Listen), "must be HOST:PORT, such as 127.0.0.1:8080")
	l.must((c.TLSCert == "") == (c.TLSKey == ""), "tls-cert", fmt.Sprintf("%q and tls-key %q", c.TLSCert, c.TLSKey), "must be given together")
	l.must(c.MaxBody >= 1024, "max-body", c.MaxBody, "must be at least 1024")
	l.must(c.RankMemory >= -1, "rank-memory", c.RankMemory, "must be a number of bytes, 0 for none, or -1 for what the machine has to spare")
	l.must(c.MaxLag >= 0, "max-lag", c.MaxLag, "must not be negative; 0 is never")
	for _, o := range []struct {
		name string
		of   int
	}{{"max-reads", c.MaxReads}, {"max-lookups", c.MaxLookups}, {"max-submits", c.MaxSubmits}, {"max-connections", c.MaxConnections}} {
		l.must(o.of >= 1 && o.of <= 1e6, o.name, o.of, "must be between 1 and 1000000")
	}
	l.must(c.MaxWait >= time.Millisecond && c.MaxWait <= 10*time.Second, "max-wait", c.MaxWait, "must be between 1ms and 10s")
	l.must(c.RateLimit >= 0, "rate-limit", c.RateLimit, "must not be negative; 0 is no limit")
	l.must(c.KeyRateLimit >= 0 && c.KeyRateLimit <= 1e6, "key-rate-limit", c.KeyRateLimit, "must lie between 0, which is no limit, and 1e6")
	for _, name := range c.AllowHosts {
		l.must(hostName.MatchString(name), "allow-hosts", fmt.Sprintf("%q", name), "must be a name without a port, such as ranks.example.com, or *")
	}
	for _, origin := range c.CORSOrigins {
		u, err := url.Parse(origin)
		l.must(err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") && u.Path == "", "cors-origins", fmt.Sprintf("%q", origin),
			"must be an origin, such as https://tools.example.com")
	}
	return l
}

func (c *Client) faults() []string {
	var l list
	l.fromFile(&c.Key, "key", c.KeyFile, "API key")
	_, ok := serving.HashSecret(c.Key)
	l.must(ok || c.Key == "" || c.Key == redacted, "key", redacted, "is no API key; pass what `freshrank keys create` printed")
	return l
}

func (c *Metrics) faults() []string {
	var l list
	_, _, err := net.SplitHostPort(c.MetricsListen)
	l.must(err == nil || c.MetricsListen == "", "metrics-listen", fmt.Sprintf("%q", c.MetricsListen), "must be HOST:PORT, such as 127.0.0.1:9090")
	return l
}

func oneOf(v string, allowed ...string) bool {
	for _, a := range allowed {
		if v == a {
			return true
		}
	}
	return false
}
