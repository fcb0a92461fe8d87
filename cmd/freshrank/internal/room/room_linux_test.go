package room

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMemoryLeft(t *testing.T) {
	const machine = "MemTotal: 4000 kB\nMemAvailable: 3000 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"nothing known": {nil, -1},
		"machine":       {map[string]string{"proc/meminfo": machine}, 3000 << 10},
		"group without a limit": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/a\n",
			"sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/memory.current": "5\n"}, 3000 << 10},
		"group": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "1000\n", "sys/fs/cgroup/a/b/memory.current": "600\n",
			"sys/fs/cgroup/a/b/memory.stat": "active_file 7\ninactive_file 100\n"}, 500},
		"group above": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/memory.max": "1000\n", "sys/fs/cgroup/a/memory.current": "900\n",
			"sys/fs/cgroup/a/b/memory.max": "1000\n", "sys/fs/cgroup/a/b/memory.current": "600\n"}, 100},
		"container that sees the host's path": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "0::/host/x\n",
			"sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "1\n"}, 999},
		"first version": {map[string]string{"proc/meminfo": machine, "proc/self/cgroup": "5:cpu:/\n4:memory:/a\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "1200\n",
			"sys/fs/cgroup/memory/a/memory.stat": "total_inactive_file 300\n"}, 100},
		"over the limit": {map[string]string{"proc/self/cgroup": "0::/\n",
			"sys/fs/cgroup/memory.max": "1000\n", "sys/fs/cgroup/memory.current": "1001\n"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range c.files {
				file = filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got := memory(root); got != c.want {
				t.Errorf("%d bytes are left, want %d", got, c.want)
			}
		})
	}
}

func TestThisMachine(t *testing.T) {
	if Memory() <= 0 {
		t.Error("no memory is left")
	}
	if free, device := Disk(t.TempDir()); free <= 0 || device == 0 {
		t.Errorf("%d bytes are free on device %d", free, device)
	}
	if free, _ := Disk("/does/not/exist"); free != -1 {
		t.Errorf("%d bytes are free in no folder", free)
	}
}
