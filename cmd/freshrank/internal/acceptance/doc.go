// Package acceptance holds the tests that drive the built program from outside,
// as its users do: a process, a data folder and HTTP. Each prints the figures it
// saw. By default they run on a small graph and a few tries; `make acceptance`
// runs them at the size the product is accepted at.
package acceptance
