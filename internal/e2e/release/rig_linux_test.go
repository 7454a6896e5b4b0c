package release

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

const root = "../../.." // of the repository

// releases are what scripts/release has made in two clones of one commit.
type releases struct {
	clones, outs [2]string
	commit       string
}

var work string // what TestMain removes

func TestMain(m *testing.M) {
	var err error
	if work, err = os.MkdirTemp("", "wg-run-release"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(work)
	os.Exit(code)
}

// release makes a release of the files of this tree, tagged v1.2.3, in two clones: the
// second in a deeper folder with a blank, for another umask, time zone and locale.
func release(t *testing.T) releases {
	t.Helper()
	if testing.Short() {
		t.Skip("it links wg-run several times")
	}
	testrig.Need(t, "git", "go")
	r, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var made = sync.OnceValues(func() (r releases, err error) {
	origin := filepath.Join(work, "origin")
	if err := copyTree(origin); err != nil {
		return r, err
	}
	r.clones = [2]string{filepath.Join(work, "a"), filepath.Join(work, "far away", "b")}
	r.outs = [2]string{filepath.Join(work, "out"), filepath.Join(work, "out of b")}
	only := "--only " + runtime.GOOS + "/" + runtime.GOARCH
	for _, line := range []string{
		"cd origin && git init -q && git add -A && git commit -qm 'a tree' && git tag v1.2.3",
		"umask 022; git clone -q origin a && a/scripts/release --out out " + only,
		"umask 077; git clone -q origin 'far away/b' && TZ=Asia/Tokyo LANG=de_DE.UTF-8 'far away/b/scripts/release' " +
			"--out 'out of b' " + only,
	} {
		if _, err := sh(work, line); err != nil {
			return r, err
		}
	}
	r.commit, err = sh(origin, "git rev-parse HEAD | cut -c1-12")
	r.commit = strings.TrimSpace(r.commit)
	return r, err
})

// copyTree copies what is, or could be, in git: a test of a commit would not see
// what is being worked on.
func copyTree(to string) error {
	list := exec.Command("git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard")
	list.Dir = root
	names, err := list.Output()
	if err != nil {
		return fmt.Errorf("listing the files of this clone: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		info, err := os.Stat(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) { // removed, not yet committed
			continue
		}
		var data []byte
		if err == nil {
			data, err = os.ReadFile(filepath.Join(root, name))
		}
		if err == nil {
			err = os.MkdirAll(filepath.Join(to, filepath.Dir(name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(to, name), data, info.Mode().Perm())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// environ is that of the tests without what would reach git and the scripts.
func environ(more ...string) []string {
	var env []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, "GIT_") && name != "PREFIX" && name != "DESTDIR" {
			env = append(env, e)
		}
	}
	env = append(env, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=2026-11-28T14:00:00+0200",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org", "GIT_COMMITTER_DATE=2026-11-28T14:00:00+0200")
	return append(env, more...)
}

// sh runs a line of shell in dir and returns what it printed.
func sh(dir, line string, env ...string) (string, error) {
	var out, errs bytes.Buffer
	cmd := exec.Command("sh", "-ec", line)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environ(env...), &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w\n%s%s", line, err, &out, &errs)
	}
	return out.String(), nil
}

// mustSh is sh where an error ends the test.
func mustSh(t *testing.T, dir, line string, env ...string) string {
	t.Helper()
	out, err := sh(dir, line, env...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tree is what lies below dir: name -> mode, a folder's name with a slash behind it.
func tree(t *testing.T, dir string) map[string]fs.FileMode {
	t.Helper()
	found := map[string]fs.FileMode{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, dir+"/")
		if e.IsDir() {
			name += "/"
		}
		found[name] = info.Mode()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
