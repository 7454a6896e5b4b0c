package inject

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// TestLookup compares lookup with execvp(3), which env(1) calls: which program
// is started, or that it cannot be (126), or that there is none (127).
func TestLookup(t *testing.T) {
	testrig.Need(t, "env")
	compareLookups(t)
}

// As root, no folder is closed and every file with one x bit can be executed.
func TestLookupAsNobody(t *testing.T) {
	if !testrig.IsNobody() {
		testrig.AsNobody(t)
		return
	}
	compareLookups(t)
}

func compareLookups(t *testing.T) {
	dir := programs(t)
	long := strings.Repeat("x", 256)
	for _, c := range []struct{ path, name string }{
		{"empty", "prog"}, {"good", "prog"}, {"good:other", "prog"}, {"other:good", "prog"}, {"empty:good", "prog"}, {"nosuch:good", "prog"},
		{"noexec", "prog"}, {"noexec:good", "prog"}, {"noexec:empty", "prog"}, {"empty:noexec:shut", "prog"},
		{"folder", "prog"}, {"folder:good", "prog"}, {"folder:empty", "prog"}, {"shut", "prog"}, {"shut:good", "prog"}, {"shut:empty", "prog"},
		{"others", "prog"}, {"others:good", "prog"}, {"file:good", "prog"}, {"file", "prog"}, {"dangling", "prog"}, {"dangling:good", "prog"},
		{"linked", "prog"}, {"loop", "prog"}, {"loop:good", "prog"}, {"good", "."}, {"good", ".."}, {"good", long}, {"plain", "prog"}, {"plain:good", "prog"},
		// An empty element is the working directory.
		{"", "here"}, {"", "prog"}, {":", "here"}, {":empty", "here"}, {"empty:", "here"}, {"empty::good", "here"}, {"good:", "prog"}, {":good", "prog"},
		{".", "here"}, {"empty", "here"}, {dir + "/good", "prog"}, {dir + "/nosuch", "prog"}, {"good/", "prog"},
		// A name with a slash is a path.
		{"good", "./here"}, {"empty", "good/prog"}, {"good", "empty/prog"}, {"good", "noexec/prog"}, {"good", "folder/prog"}, {"good", "file/prog"},
		{"good", "shut/prog"}, {"good", "loop/prog"}, {"good", "dangling/prog"}, {"good", "good/prog/"}, {"good", "good/"}, {"good", "/"}, {"good", "plain/prog"},
		{"good", "./" + long}, {"good", "good//prog"}, {"good", "../" + filepath.Base(dir) + "/here"}, {"good", dir + "/good/prog"}, {"good", dir + "/nosuch"},
		{"good", "others/prog"},
	} {
		compare(t, c.name, "PATH="+c.path)
	}
	// PATH is not set: the system's programs are found, the folder's not.
	compare(t, "here")
	compare(t, "true")
	compare(t, "good/prog")
}

// programs makes the folders of the table, each file says which it is, and goes
// there.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	for _, d := range []string{"good", "other", "empty", "noexec", "folder/prog", "shut", "others", "dangling", "loop", "linked", "plain"} {
		must(t, os.MkdirAll(d, 0o755))
	}
	for _, f := range []struct {
		name, content string
		mode          os.FileMode
	}{
		{"good/prog", "#!/bin/sh\necho good\n", 0o755}, {"other/prog", "#!/bin/sh\necho other\n", 0o755},
		{"here", "#!/bin/sh\necho here\n", 0o755}, {"noexec/prog", "#!/bin/sh\necho noexec\n", 0o644},
		{"shut/prog", "#!/bin/sh\necho shut\n", 0o755}, {"plain/prog", "echo plain\n", 0o755},
		// Only others may execute this one, and the owner is not others.
		{"others/prog", "#!/bin/sh\necho others\n", 0o645},
		{"file", "", 0o755},
	} {
		must(t, os.WriteFile(f.name, []byte(f.content), f.mode))
		must(t, os.Chmod(f.name, f.mode))
	}
	must(t, os.Symlink("nosuch", "dangling/prog"))
	must(t, os.Symlink("prog", "loop/prog"))
	must(t, os.Symlink("../good/prog", "linked/prog"))
	must(t, os.Chmod("shut", 0))
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "shut"), 0o700) })
	return dir
}

// compare looks name up in the environment of only these variables.
func compare(t *testing.T, name string, variables ...string) {
	t.Helper()
	file, err := lookup(name, searchPath(newEnviron(variables), nil))
	got := outcome{}
	switch {
	case err == nil:
		text, err := os.ReadFile(file)
		must(t, err)
		_, says, _ := strings.Cut(string(text[:min(len(text), 100)]), "echo ")
		got.says, _, _ = strings.Cut(says, "\n")
	case errors.Is(err, ErrNotExecutable) && !errors.Is(err, ErrNoWorker):
		got.code = 126
	case errors.Is(err, ErrNoWorker):
		got.code = 127
	default:
		t.Errorf("%q: lookup(%q) = %v, want %v or %v", variables, name, err, ErrNotExecutable, ErrNoWorker)
	}
	want := execvp(t, name, variables)
	if notThere(name, variables) && want.code == 126 {
		want.code = 127
	}
	if got != want {
		t.Errorf("%q: lookup(%.40q) = %.40q, that is %+v, want %+v as execvp", variables, name, file, got, want)
	}
}

// notThere is where we differ on purpose: env(1) takes only ENOENT for "there is
// no such program", while no file can be there with ENOTDIR and ENAMETOOLONG
// either. dash does as we do.
func notThere(name string, variables []string) bool {
	return strings.HasPrefix(name, "file/") || strings.HasSuffix(name, "prog/") || len(name) > 255 ||
		slices.Equal(variables, []string{"PATH=file"})
}

// outcome is what the program printed, or the exit code that its absence has.
type outcome struct {
	says string
	code int
}

// execvp has env(1) execute name.
func execvp(t *testing.T, name string, variables []string) outcome {
	t.Helper()
	env, err := exec.LookPath("env")
	must(t, err)
	cmd := exec.Command(env, append(append([]string{"-i"}, variables...), name)...)
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return outcome{strings.TrimSpace(string(out)), cmd.ProcessState.ExitCode()}
}

// The PATH of the worker is the one that is searched: extra variables count,
// the last of them first.
func TestSearchPath(t *testing.T) {
	for _, c := range []struct {
		env, extra []string
		want       string
	}{
		{nil, nil, "/bin:/usr/bin"},
		{[]string{"PATH"}, []string{"XPATH=/x"}, "/bin:/usr/bin"},
		{[]string{"A=1", "PATH=/a", "PATH=/b"}, nil, "/a"},
		{[]string{"PATH="}, nil, ""},
		{[]string{"PATH=/a"}, []string{"PATH=/x", "B=1", "PATH=/y"}, "/y"},
		{nil, []string{"PATH="}, ""},
	} {
		if got := searchPath(newEnviron(c.env), c.extra); got != c.want {
			t.Errorf("searchPath(%q, %q) = %q, want %q", c.env, c.extra, got, c.want)
		}
	}
}
