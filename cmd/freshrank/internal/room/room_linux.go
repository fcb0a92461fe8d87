package room

import (
	"bufio"
	"bytes"
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
)

// Memory returns the bytes that this process can still take: what the machine has
// available, or any control group above it leaves if that is less, and what the Go
// runtime holds and does not use.
func Memory() int64 {
	left := memory("/")
	if left < 0 {
		return -1
	}
	spare := []metrics.Sample{{Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(spare)
	return left + int64(spare[0].Value.Uint64())
}

// memory returns what the files below root say is left.
func memory(root string) int64 {
	left := int64(math.MaxInt64)
	if kB, ok := field(filepath.Join(root, "proc/meminfo"), "MemAvailable:"); ok {
		left = kB << 10
	}
	groups, _ := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	for line := range strings.Lines(string(groups)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3) // number, controllers, path
		switch {
		case len(part) < 3:
		case part[0] == "0" && part[1] == "":
			left = min(left, groupLeft(filepath.Join(root, "sys/fs/cgroup"), part[2], "memory.max", "memory.current", "inactive_file"))
		case part[1] == "memory":
			left = min(left, groupLeft(filepath.Join(root, "sys/fs/cgroup/memory"), part[2], "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"))
		}
	}
	if left == math.MaxInt64 {
		return -1
	}
	return left
}

// groupLeft returns the least that a control group and those above it leave. Pages of
// files that were not read lately count as used, but are given up when needed. Within
// a container the path may be the host's and not be there; its root is then the group.
func groupLeft(mount, group, limit, usage, reclaimable string) int64 {
	left := int64(math.MaxInt64)
	for at := path.Clean("/" + group); ; at = path.Dir(at) {
		folder := filepath.Join(mount, at)
		most, ok := number(filepath.Join(folder, limit))
		used, known := number(filepath.Join(folder, usage))
		if ok && known {
			files, _ := field(filepath.Join(folder, "memory.stat"), reclaimable)
			left = min(left, max(0, most-max(0, used-files)))
		}
		if at == "/" {
			return left
		}
	}
}

// number reads a file that holds one number; false for "max", or none.
func number(name string) (int64, bool) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64)
	return n, err == nil
}

// field reads the number behind a word at the beginning of a line.
func field(name, word string) (int64, bool) {
	f, err := os.Open(name)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if w := strings.Fields(lines.Text()); len(w) >= 2 && w[0] == word {
			n, err := strconv.ParseInt(w[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// Disk returns the free bytes of the file system that a folder is on, and which
// file system that is.
func Disk(folder string) (free int64, device uint64) {
	var fs syscall.Statfs_t
	var st syscall.Stat_t
	if syscall.Statfs(folder, &fs) != nil || syscall.Stat(folder, &st) != nil {
		return -1, 0
	}
	return int64(fs.Bavail) * fs.Bsize, st.Dev
}
