package localpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// identity says as whom the server runs. The zero identity is ourselves.
type identity struct {
	uid, gid   int  // 0: as we are
	namespaced bool // files stay root's; inside its namespace root goes by uid
}

// owner returns the user who must own the database's files.
func (w identity) owner() int {
	if w.uid == 0 {
		return os.Geteuid()
	}
	if w.namespaced {
		return 0
	}
	return w.uid
}

// whoRuns decides as whom to run the server on dir.
func whoRuns(dir string) (identity, error) {
	info, err := os.Stat(dataPath(dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return identity{}, err
	}
	if os.Geteuid() != 0 {
		if info != nil && ownerOf(info) != os.Geteuid() {
			return identity{}, fmt.Errorf("%s belongs to user %d: run as that user or as root", dataPath(dir), ownerOf(info))
		}
		return identity{}, nil
	}
	var who identity
	if info != nil && ownerOf(info) != 0 {
		st := info.Sys().(*syscall.Stat_t)
		who = identity{uid: int(st.Uid), gid: int(st.Gid)}
	} else if who, err = unprivileged(); err != nil {
		return identity{}, err
	}
	if reachable(dir, who) {
		return who, nil
	}
	// initdb insists on a user that has a name, also inside the namespace.
	if who, err = unprivileged(); err != nil {
		return identity{}, err
	}
	who.namespaced = true
	if err := tryNamespace(who); err != nil {
		return identity{}, fmt.Errorf("root cannot run Postgres, user %d cannot reach %s, and this system has no user namespaces (%w): "+
			"use a data folder that every user can reach, such as one below /var/lib, or run as another user", who.uid, dir, err)
	}
	return who, nil
}

func unprivileged() (identity, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			continue
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			continue
		}
		return identity{uid: uid, gid: gid}, nil
	}
	return identity{}, errors.New("root cannot run Postgres, and there is no user postgres or nobody: create one, or run as another user")
}

// reachable reports whether who may enter dir's parents. dir itself is ours to
// open up.
func reachable(dir string, who identity) bool {
	for p := filepath.Dir(dir); ; p = filepath.Dir(p) {
		info, err := os.Stat(p)
		if err != nil {
			return false
		}
		st := info.Sys().(*syscall.Stat_t)
		bit := fs.FileMode(0o001)
		if int(st.Uid) == who.uid {
			bit = 0o100
		} else if int(st.Gid) == who.gid {
			bit = 0o010
		}
		if info.Mode()&bit == 0 {
			return false
		}
		if p == filepath.Dir(p) {
			return true
		}
	}
}

// own hands path and all below it to the user who runs the server.
func (w identity) own(path string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Lstat(path)
	if err != nil || ownerOf(info) == w.owner() {
		return err
	}
	gid := w.gid
	if w.namespaced {
		gid = 0
	}
	return filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, w.owner(), gid)
	})
}

func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }
