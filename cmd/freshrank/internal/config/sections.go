package config

import (
	"time"

	"freshrank/pagerank/link"
)

// Common options belong to every command that touches a data folder.
type Common struct {
	Config    string        `placeholder:"FILE" help:"YAML file with options; keys are flag names without dashes in front."`
	Data      string        `placeholder:"DIR" default:"./freshrank-data" help:"Data folder, or s3://BUCKET/PREFIX: archived log, graphs, ranks; what is embedded lives here too (${default})."`
	Wait      time.Duration `default:"30s" help:"How long a starting command waits for Postgres and the log to answer (${default})."`
	LogLevel  string        `default:"info" help:"debug, info, warn or error (${default})."`
	LogFormat string        `default:"auto" help:"text, json, or auto: text on a terminal (${default})."`
}

// Log options say where the log is.
type Log struct {
	Brokers     []string `placeholder:"HOST:PORT" help:"Kafka bootstrap addresses, separated by commas."`
	Topic       string   `default:"freshrank.links" help:"Name of the topic; dead letters go to the same with .dlq behind it (${default})."`
	Partitions  int      `default:"4" help:"Partitions of the topic, when it is made (${default})."`
	Replication int      `default:"1" help:"Replicas of the topic, when it is made (${default})."`
	Kafka       `embed:""`
}

// DeadLetters returns the topic for records that cannot be used.
func (l Log) DeadLetters() string { return l.Topic + ".dlq" }

// Database options say where Postgres is.
type Database struct {
	Database       string `placeholder:"DSN" secret:"dsn" help:"Postgres, such as postgres://user:password@host:5432/name."`
	DatabaseFile   string `placeholder:"FILE" help:"File that holds the DSN; instead of --database."`
	DatabaseDirect string `placeholder:"DSN" secret:"dsn" help:"Postgres past a transaction pooler, for locks and notifications; --database where not given."`
}

// Limits bound what one event may bring.
type Limits struct {
	MaxLinks      int           `default:"5000" help:"Links in one event (${default})."`
	MaxURLBytes   int           `name:"max-url-bytes" default:"2048" help:"Bytes of a canonical URL (${default})."`
	MaxEventBytes int           `default:"8388608" help:"Bytes of one event (${default})."`
	MaxFuture     time.Duration `default:"10m" help:"How far an event's time may lie ahead (${default})."`
}

// Link returns the limits as the codec takes them.
func (l Limits) Link() link.Limits {
	return link.Limits{MaxLinks: l.MaxLinks, MaxURLBytes: l.MaxURLBytes, MaxEventBytes: l.MaxEventBytes, MaxFuture: l.MaxFuture}
}

// Batch options are the parameters of a generation and when one is made.
type Batch struct {
	Schedule  string  `default:"0 */6 * * *" help:"Cron expression in UTC, or off (${default})."`
	Damping   float64 `default:"0.85" help:"Share of a page's rank that its links hand on (${default})."`
	RelPolicy string  `default:"drop-marked" help:"drop-marked: nofollow, ugc and sponsored links carry no rank; count-all: they do (${default})."`
	Tolerance float64 `default:"1e-9" help:"Certified bound on the error of all ranks together at which a run stops (${default})."`
	MaxSweeps int     `default:"1000" help:"Passes over the links before a run fails (${default})."`
	Workers   int     `default:"0" help:"Goroutines of a run; 0: one a CPU. Results do not depend on it."`
	Keep      int     `default:"3" help:"Generations to keep (${default})."`
	MaxShrink float64 `default:"0.5" help:"Share of pages that a generation may lose and still be published (${default})."`
	AcceptGap bool    `help:"Go on without events that the log dropped before they were archived; they are lost."`

	IgnoreEstimate bool `help:"Run also if the estimate says that memory or disk will not suffice."`
}

// Speed options bend accuracy against freshness.
type Speed struct {
	EpsilonMin float64 `default:"1e-3" help:"Relative error per page aimed at when idle (${default})."`
	EpsilonMax float64 `default:"0.1" help:"Relative error per page accepted under load (${default})."`
}

// Serve options belong to the HTTP API.
type Serve struct {
	Listen  string        `placeholder:"ADDR" default:"127.0.0.1:8080" help:"Address of the API (${default})."`
	TLSCert string        `name:"tls-cert" placeholder:"FILE" help:"Certificate chain of the API, PEM; with it the API speaks HTTPS alone. Read anew when it changes."`
	TLSKey  string        `name:"tls-key" placeholder:"FILE" help:"Private key of --tls-cert, PEM."`
	MaxBody int64         `default:"8388608" help:"Bytes of a request body (${default})."`
	MaxLag  time.Duration `default:"5m" help:"Age of the ranks past which POST /v1/events answers 503; 0: never (${default})."`

	MaxReads       int           `default:"64" help:"Reads at work at a time, lookups of many pages and events aside; as many again may wait, more are answered 503 (${default})."`
	MaxLookups     int           `default:"4" help:"Lookups of many pages at work at a time; as many again, at least 64, may wait (${default})."`
	MaxSubmits     int           `default:"128" help:"Submissions of events at work at a time; as many again may wait (${default})."`
	MaxWait        time.Duration `default:"1s" help:"How long a request waits for one of those places before it is answered 503 (${default})."`
	MaxConnections int           `default:"4096" help:"Open connections; one more takes the place of the one idle for longest, or is refused (${default})."`

	RankMemory int64 `default:"-1" help:"Bytes of memory for the ranks of the generation that is served, and during a handover of the next; one that does not fit is looked up in Postgres, page by page; 0: none; -1: a quarter of what this process can still take at its start, 1 GiB at most (${default})."`

	AllowAnonymous bool     `help:"Ask nobody for an API key, whatever the address. Without this, one that others can reach needs keys."`
	AllowHosts     []string `placeholder:"NAME,..." help:"Names of the API under which requests without a key are answered, besides addresses, localhost and, with --allow-anonymous, names without a dot; * for all."`

	RateLimit    int      `default:"0" help:"Requests a second from one client address; more are answered 429; 0: no limit (${default})."`
	KeyRateLimit float64  `default:"0" help:"Requests a second with one API key that has no rate of its own; more are answered 429; 0: no limit (${default})."`
	CORSOrigins  []string `name:"cors-origins" placeholder:"ORIGIN,..." help:"Web origins whose scripts may call the API, such as https://tools.example.com."`
}

// Client options belong to what calls the API.
type Client struct {
	Key     string `placeholder:"KEY" secret:"all" help:"API key. Others on this machine can see a command line: better in FRESHRANK_KEY or in a file."`
	KeyFile string `placeholder:"FILE" help:"File that holds the API key; instead of --key."`
}

// Metrics options belong to the layers that have no API to show them in.
type Metrics struct {
	MetricsListen string `placeholder:"ADDR" help:"Address of /metrics and /livez of the batch and speed commands; none unless given."`
}

// All is every option there is.
type All struct {
	Common   `embed:"" group:"Common options:"`
	Log      `embed:"" group:"Log options:"`
	Database `embed:"" group:"Database options:"`
	Limits   `embed:"" group:"Event limits:"`
	Batch    `embed:"" group:"Batch options:"`
	Speed    `embed:"" group:"Speed options:"`
	Serve    `embed:"" group:"API options:"`
	Client   `embed:"" group:"Client options:"`
	Metrics  `embed:"" group:"Metrics options:"`
}
