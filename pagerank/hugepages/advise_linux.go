package hugepages

import "syscall"

// collapse is MADV_COLLAPSE, which Linux has from 6.1 on.
const collapse = 25

// advise asks for huge pages: for what is touched from now on, and for what the heap has
// used before and so is in small pages already. It is a hint: without them all is as
// before.
func advise(b []byte) {
	if syscall.Madvise(b, syscall.MADV_HUGEPAGE) == nil {
		_ = syscall.Madvise(b, collapse)
	}
}
