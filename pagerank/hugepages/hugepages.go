// Package hugepages makes slices that are read at random out of pages that the
// processor's address cache can hold: 2 MB where the system has them, instead of 4 KB.
package hugepages

import "unsafe"

// size is that of a huge page.
const size = 2 << 20

// Make returns a slice of n zeros, in huge pages as far as the system grants them. It
// is worth while for tens of megabytes.
func Make[T any](n int) []T {
	s := make([]T, n)
	Use(s)
	return s
}

// Use moves s into huge pages as far as the system grants them.
func Use[T any](s []T) {
	if bytes := uintptr(len(s)) * unsafe.Sizeof(*new(T)); bytes >= 2*size {
		from := uintptr(unsafe.Pointer(&s[0]))
		skip := -from % size
		advise(unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), bytes)[skip : skip+(bytes-skip)/size*size])
	}
}
