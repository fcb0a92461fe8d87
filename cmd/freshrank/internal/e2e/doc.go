// Package e2e holds no code but tests: they build the binary once and use it as
// a user does, from outside, with whatever it embeds. FRESHRANK_TEST_BROKERS
// (host:port, separated by commas) puts a real log in the place of the embedded
// one. What the product is accepted by, at full size, is in package acceptance.
package e2e
