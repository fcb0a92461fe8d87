package localpg

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// oldest is the first Postgres whose initdb and SQL we rely on.
const oldest = 14

// usualFolders is where systems and package managers put the server's programs,
// which often are not in PATH.
var usualFolders = []string{
	"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
	"/usr/pgsql-*/bin",          // Red Hat, Fedora
	"/usr/libexec/postgresql*",  // Alpine
	"/usr/local/pgsql/bin",
	"/opt/homebrew/opt/postgresql@*/bin", "/opt/homebrew/bin",
	"/usr/local/opt/postgresql@*/bin", "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// findBinaries returns the folder of initdb and postgres: of the version that
// made the database in dir or, if there is none, of the newest version.
func findBinaries(dir string, log *slog.Logger) (string, error) {
	need, err := madeBy(dataPath(dir))
	if err != nil {
		return "", err
	}
	installed := installedMajors()
	if need != 0 {
		if folder := installed[need]; folder != "" {
			return folder, nil
		}
	}
	newest := 0
	for major := range installed {
		newest = max(newest, major)
	}
	if need == 0 && newest >= oldest {
		return installed[newest], nil
	}
	folder, err := download(need, log)
	if err == nil {
		return folder, nil
	}
	switch {
	case need != 0:
		return "", fmt.Errorf("database %s was made by Postgres %d, which is not installed (found: %s): install it, or use another data folder: %w",
			dataPath(dir), need, list(installed), err)
	default:
		return "", fmt.Errorf("no Postgres %d or later is installed (found: %s): install one, or name a running one with --database: %w",
			oldest, list(installed), err)
	}
}

// madeBy returns the major version of the database in data; 0 if there is none.
func madeBy(data string) (int, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0, fmt.Errorf("read %s: %q is no Postgres version", filepath.Join(data, "PG_VERSION"), b)
	}
	return major, nil
}

// installedMajors returns the folders with both programs by major version; what
// stands first in PATH wins.
func installedMajors() map[int]string {
	var folders []string
	if p, err := exec.LookPath("postgres"); err == nil {
		// A link in PATH may stand alone; its initdb lies beside the original.
		if p, err = filepath.EvalSymlinks(p); err == nil {
			folders = append(folders, filepath.Dir(p))
		}
	}
	for _, pattern := range usualFolders {
		found, _ := filepath.Glob(pattern) // the patterns are well formed
		folders = append(folders, found...)
	}
	byMajor := map[int]string{}
	for _, f := range folders {
		if major := majorOf(f); major != 0 && byMajor[major] == "" {
			byMajor[major] = f
		}
	}
	return byMajor
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// majorOf asks the programs in folder for their version; 0 if they are not there.
func majorOf(folder string) int {
	if _, err := os.Stat(filepath.Join(folder, "initdb")); err != nil {
		return 0
	}
	out, err := exec.Command(filepath.Join(folder, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	m := versionPattern.FindSubmatch(out)
	if m == nil {
		return 0
	}
	major, _ := strconv.Atoi(string(m[1])) // digits
	return major
}

func list(installed map[int]string) string {
	if len(installed) == 0 {
		return "none"
	}
	var found []string
	for _, folder := range installed {
		found = append(found, folder)
	}
	return strings.Join(found, ", ")
}
