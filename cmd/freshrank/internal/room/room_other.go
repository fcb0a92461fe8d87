//go:build !linux

package room

// Memory returns the bytes that this process can still take.
func Memory() int64 { return -1 }

// Disk returns the free bytes of the file system that a folder is on, and which
// file system that is.
func Disk(string) (free int64, device uint64) { return -1, 0 }
