package hugepages

import "syscall"

// advise asks for huge pages. It is a hint: without them all is as before.
func advise(b []byte) { _ = syscall.Madvise(b, syscall.MADV_HUGEPAGE) }
