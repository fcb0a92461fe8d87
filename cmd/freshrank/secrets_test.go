package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"freshrank/serving"
)

// marker is in every secret of [TestNoSecretIsTold].
const marker = "hunter2"

// TestNoSecretIsTold runs every command there is with a marked secret in every option and
// variable that may hold one, given by flag, by variable, by file and by the file of
// options, where nothing that it connects to answers, or something says nonsense. Neither
// what they print nor what they log has the mark.
func TestNoSecretIsTold(t *testing.T) {
	if testing.Short() {
		t.Skip("150 processes that wait for what does not answer")
	}
	binary := filepath.Join(t.TempDir(), "freshrank")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	key := "freshrank_" + marker + serving.NewSecret()[10+len(marker):]
	nonsense := nonsensical(t)
	file := func(content string) string { return write(t, "secret", content+"\n") }
	dsn := "postgres://u:" + marker + "@" + nonsense + "/d?sslpassword=" + marker
	bucket := []string{
		"AWS_ACCESS_KEY_ID=" + marker, "AWS_SECRET_ACCESS_KEY=" + marker, "AWS_SESSION_TOKEN=" + marker, "AWS_REGION=r", "AWS_ENDPOINT_URL=http://" + marker + ":" + marker + "@" + nonsense,
	}
	// Each way gives as many of the secrets as a command takes.
	ways := map[string]func(has func(string) bool) (args, env []string){
		"by flag": func(has func(string) bool) (args, env []string) {
			for name, value := range map[string]string{"database": dsn, "database-direct": "host=" + nonsense[:9] + " password='" + marker + "' user=u", "kafka-password": marker, "key": key} {
				if has(name) {
					args = append(args, "--"+name+"="+value)
				}
			}
			return args, nil
		},
		"by variable": func(has func(string) bool) (args, env []string) {
			return nil, []string{"FRESHRANK_DATABASE=" + dsn, "FRESHRANK_DATABASE_DIRECT=" + dsn, "FRESHRANK_KAFKA_PASSWORD=" + marker, "FRESHRANK_KEY=" + key}
		},
		"by file": func(has func(string) bool) (args, env []string) {
			return nil, []string{"FRESHRANK_DATABASE_FILE=" + file(dsn), "FRESHRANK_KAFKA_PASSWORD_FILE=" + file(marker), "FRESHRANK_KEY_FILE=" + file(key)}
		},
		"by options": func(has func(string) bool) (args, env []string) {
			return nil, []string{"FRESHRANK_CONFIG=" + write(t, "f.yaml", fmt.Sprintf("database: %s\ndatabase-direct: %s\nkafka-password: %s\nkey: %s\n", dsn, dsn, marker, key))}
		},
		"wrong": func(has func(string) bool) (args, env []string) {
			return nil, []string{"FRESHRANK_DATABASE=u:" + marker + "@h/d", "FRESHRANK_DATABASE_DIRECT=host=h password='" + marker, "FRESHRANK_KAFKA_PASSWORD=" + marker + "\a", "FRESHRANK_KEY=" + key + "x"}
		},
		"in the file's place": func(has func(string) bool) (args, env []string) {
			return nil, []string{"FRESHRANK_CONFIG=" + write(t, "f.yaml", dsn+"\n")}
		},
	}
	commands := leaves(t)
	var all sync.WaitGroup
	defer all.Wait()
	few := make(chan struct{}, 8) // most of the time they wait for what does not answer
	for way, give := range ways {
		for _, c := range commands {
			args, env := give(c.has)
			data := filepath.Join(t.TempDir(), "data")
			if way == "by variable" {
				data = "s3://bucket/prefix"
			}
			for name, value := range map[string]string{
				"brokers": nonsense, "kafka-sasl": "scram-sha-256", "kafka-user": "u", "wait": "100ms", "log-level": "debug", "data": data,
				"listen": "127.0.0.1:0", "api": "http://" + nonsense, "retry": "0s", "scopes": "read", "all": "true", "graph": "kron:3:2", "rounds": "1", "events": "5", "pages": "20", "links": "40",
			} {
				if c.has(name) {
					args = append(args, "--"+name+"="+value)
				}
			}
			args = append(append(strings.Fields(c.path), c.arguments...), args...)
			folder := t.TempDir()
			all.Go(func() {
				few <- struct{}{}
				defer func() { <-few }()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // some try for long
				defer cancel()
				cmd := exec.CommandContext(ctx, binary, args...)
				cmd.Env = append(append(append(os.Environ(), bucket...), "FRESHRANK_KAFKA_SASL=scram-sha-256", "FRESHRANK_KAFKA_USER=u"), env...)
				cmd.Dir, cmd.WaitDelay = folder, time.Second
				out, _ := cmd.CombinedOutput()
				if strings.Contains(string(out), marker) {
					t.Errorf("%s, secrets %s: %s", args, way, out)
				}
				if ctx.Err() == nil && len(out) == 0 {
					t.Errorf("%s, secrets %s: it says nothing", args, way)
				}
			})
		}
	}
	if len(commands) < 20 {
		t.Errorf("only %d commands were found", len(commands))
	}
}

// leaf is a command that does something.
type leaf struct {
	path      string
	arguments []string
	node      *kong.Node
}

func (l leaf) has(flag string) bool {
	for n := l.node; n != nil; n = n.Parent {
		for _, f := range n.Flags {
			if f.Name == flag {
				return true
			}
		}
	}
	return false
}

func leaves(t *testing.T) (all []leaf) {
	t.Helper()
	parser, err := newParser(nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range parser.Model.Leaves(false) {
		l := leaf{path: strings.TrimSpace(strings.TrimPrefix(strings.Split(n.Path(), "<")[0], "freshrank")), node: n}
		for _, p := range n.Positional {
			value := write(t, "argument", "1 2\n")
			if p.Target.Kind().String() == "int64" {
				value = "1"
			}
			l.arguments = append(l.arguments, value)
		}
		all = append(all, l)
	}
	return all
}

// nonsensical returns the address of a server that answers everything with nonsense.
func nonsensical(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(time.Second))
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte("HTTP/1.1 418 nonsense\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
			conn.Close()
		}
	}()
	return ln.Addr().String()
}
