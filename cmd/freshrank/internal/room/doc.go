// Package room finds out how much memory and disk this process can still take. What
// cannot be found out is -1: on systems other than Linux, all of it.
package room
