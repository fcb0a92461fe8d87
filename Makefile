# `make` says what there is. Everything runs in a fresh clone with Go alone; what a
# target needs beyond Go's modules, it fetches or names.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help

VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS  := -X freshrank/cmd/freshrank/internal/boot.version=$(VERSION)
TOOLS    := $(CURDIR)/.tools
LINTER   := $(TOOLS)/golangci-lint-v2.15.0
PROMTOOL := $(TOOLS)/promtool-v0.316.0
FUZZTIME ?= 10s
PAGES    ?= 10M
LINKS    ?= 100M
DATA     ?= ./freshrank-data
API      ?= http://127.0.0.1:8080
BENCH    ?= .
SEED     ?= 0
ONLY     ?= .
SCHEDULES       ?= 30
KAFKA_SCHEDULES ?= 8
PKG      ?= ./...

# What talks to the log.
LOG_PACKAGES := ./migrations/topics/... ./batch/archive/... ./speed/... ./serving/submit/... ./cmd/freshrank/internal/e2e/...

.PHONY: help run build test race lint rules fuzz bench acceptance scale load chaos duckdb-check test-kafka tidy clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build, then everything in one process with a demo graph and a live crawl
	bin/freshrank up --demo

build: ## bin/freshrank
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/freshrank ./cmd/freshrank

test: ## all tests, on a real Postgres and a Kafka-protocol log of their own
	@echo "Every package's tests. Postgres: the installed programs, or a download if there are none."
	@echo "Log: an embedded broker; 'make test-kafka' repeats the log's tests on Apache Kafka."
	go test -timeout 20m $(PKG)

race: ## the same under the race detector, long tests shortened
	go test -race -short -timeout 30m $(PKG)

lint: $(LINTER) ## gofmt, go vet and the linters of .golangci.yml
	go vet ./...
	$(LINTER) run ./...

$(LINTER):
	GOBIN=$(TOOLS) GOFLAGS= go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
	mv $(TOOLS)/golangci-lint $@

# Not in .ci/run: with cold caches promtool takes 1 GB of downloads and four minutes of
# a processor. What can drift without it, names of metrics and alerts, Go tests hold.
rules: $(PROMTOOL) ## check and test Prometheus's rules
	cd deploy/prometheus && $(PROMTOOL) check config prometheus.yml && $(PROMTOOL) check rules --lint=all --lint-fatal slo.yml alerts.yml && $(PROMTOOL) test rules alerts_test.yml

$(PROMTOOL): # without service discovery, most of its size
	GOBIN=$(TOOLS) GOFLAGS= go install -tags remove_all_sd github.com/prometheus/prometheus/cmd/promtool@v0.316.0
	mv $(TOOLS)/promtool $@

# Go's fuzzer now and then takes its own end for a failure: "context deadline
# exceeded" without an input that fails.
fuzz: ## every fuzz target for FUZZTIME each (10s)
	@grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | while IFS=: read -r file func; do \
	  echo "$${func#func } in $$(dirname "$$file")"; \
	  go test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "$$(dirname "$$file")" </dev/null 2>&1 \
	    | tee -a /dev/stderr | awk '/Failing input|panic:/ {bad=1} /context deadline exceeded/ {late=1} /^FAIL/ {fail=1} END {exit bad || fail && !late}' || exit 1; \
	done

bench: ## the benchmarks; BENCH picks some, PKG a package
	go test -run '^$$' -bench '$(BENCH)' -benchmem $(PKG)

acceptance: ## the built program from outside: freshness, handover, kill -9, a small scale; prints the figures
	go test -v -count=1 -timeout 30m ./cmd/freshrank/internal/acceptance -full

# The input is made up once and kept in the folder FRESHRANK_TEST_CACHE, if that is set.
scale: ## import to handover at PAGES (10M) and LINKS (100M), a process a layer; prints what it took beside what it must
	go test -v -count=1 -timeout 60m ./cmd/freshrank/internal/acceptance -run '^TestScale$$' -full -pages $(PAGES) -links $(LINKS)

load: ## ten times the events that the speed layer is made for, for two minutes, on 1M pages: freshness, accuracy, memory
	go test -v -count=1 -timeout 60m ./cmd/freshrank/internal/acceptance -run '^TestBackpressure$$' -full -pages 1M -links 10M -flood 2m

# A seed that has failed is printed with the command that repeats it. SEED=0: by the clock.
CHAOS := go test -v -count=1 -timeout 120m ./cmd/freshrank/internal/chaos -full -seed $(SEED)

chaos: ## breaks everything on purpose, under a live feed, and says what became of it; also SEED, SCHEDULES, ONLY (needs Java and Maven)
	$(CHAOS) -run '$(ONLY)' -schedules $(SCHEDULES)
	@[ $(KAFKA_SCHEDULES) = 0 ] || { set -x; $(CHAOS) -run '^TestSchedules$$' -kafka -schedules $(KAFKA_SCHEDULES); }

duckdb-check: ## the ranks in the data folder DATA by DuckDB, beside what API answers (needs Python)
	deploy/duckdb-check/run --data $(DATA) --api $(API)

test-kafka: ## the tests that talk to the log, on a real Apache Kafka (needs Java and Maven)
	deploy/kafka-test/run go test -count=1 -timeout 20m $(LOG_PACKAGES)

tidy: ## format the code, tidy go.mod
	gofmt -w -s .
	go mod tidy

clean: ## what was built and the tools; not freshrank-data
	rm -rf bin $(TOOLS)
