// Package chaos holds the tests that break the system on purpose: `make chaos`. The
// processes run as they are deployed, each behind proxies of its own, under a live feed
// whose every event is accounted for. After each fault nothing that was acknowledged may
// be missing or counted twice, and no answer given meanwhile may have been untrue. See
// docs/reliability.md.
package chaos
