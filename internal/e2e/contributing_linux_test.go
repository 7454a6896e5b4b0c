package e2e

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// TestContributing follows the worked examples of CONTRIBUTING.md in a copy of the tree. The one
// builds upon the other, as a day's work would.
func TestContributing(t *testing.T) {
	testrig.Need(t, "age-keygen")
	examples := strings.Split(section(t, "Worked examples"), "\n### ")[1:]
	if len(examples) != 4 {
		t.Fatalf("CONTRIBUTING.md has %d worked examples, want 4", len(examples))
	}
	w := newWorkshop(t)
	for _, text := range examples {
		title, steps, _ := strings.Cut(text, "\n")
		if !t.Run(title, func(t *testing.T) { w.T = t; w.follow(steps) }) {
			return // what comes next fails of it, too
		}
	}
	w.T = t
	if got := w.must("gofmt -l ."); got != "" {
		t.Errorf("what CONTRIBUTING.md has is not formatted: %s", got)
	}
}

// workshop is a copy of the tree.
type workshop struct {
	*testing.T
	dir string
	env []string
}

func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	dir := t.TempDir()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		to := filepath.Join(dir, rel)
		switch {
		case e.IsDir() && (rel == ".git" || rel == "bin" || rel == "dist"):
			return fs.SkipDir
		case rel == ".git": // of a worktree
			return nil
		case e.IsDir():
			return os.MkdirAll(to, 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, fi.Mode().Perm())
	})
	if err != nil {
		t.Fatalf("copying the tree: %v", err)
	}
	w := &workshop{T: t, dir: dir}
	programs := filepath.Join(t.TempDir(), "programs")
	w.write(filepath.Join(programs, "keyctl"), "#!/bin/sh\n[ \"$*\" = 'pipe %user:github' ] && echo of keyctl\n", 0o755)
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "WG_") {
			w.env = append(w.env, entry)
		}
	}
	// As testrig.Binary builds it: most of it is in the cache.
	w.env = append(w.env, "GOFLAGS=-trimpath -ldflags=-w -buildvcs=false", "CGO_ENABLED=0", "WG_HOME="+filepath.Join(t.TempDir(), "wg"), "PATH="+programs+":"+os.Getenv("PATH"))
	return w
}

var (
	lacking = regexp.MustCompile("Without it `([^`]+)` says `([^`]+)`")
	newFile = regexp.MustCompile("^New file `([^`]+)`:$")
	change  = regexp.MustCompile("^In `([^`]+)`, (at the end|below (.+)):$")
)

// follow does what the steps of an example say, in their order. What a step is missed for is
// tried before its block is pasted, and after the last one.
func (w *workshop) follow(steps string) {
	w.Helper()
	paragraph, paste, commands := "", func(string) {}, 0
	var again []string
	for rest := strings.Split(steps, "\n"); len(rest) > 0; rest = rest[1:] {
		line := rest[0]
		file, changed := newFile.FindStringSubmatch(line), change.FindStringSubmatch(line)
		switch {
		case file != nil:
			paste = func(block string) { w.write(filepath.Join(w.dir, file[1]), block, 0o644) }
		case changed != nil:
			paste = func(block string) { w.insert(changed[1], changed[3], block) }
		case strings.HasPrefix(line, "```"):
			n := 1
			for n < len(rest) && rest[n] != "```" {
				n++
			}
			block := strings.Join(rest[1:n], "\n") + "\n"
			if rest = rest[n:]; line == "```console" {
				commands += w.console(block)
			} else {
				paste(block)
				paste = func(string) { w.Errorf("a block has no line above it that says where it goes:\n%s", block) }
			}
		case line != "":
			paragraph += strings.TrimSpace(line) + " "
			continue
		}
		if m := lacking.FindStringSubmatch(paragraph); m != nil {
			w.missed(m[1], m[2])
			again = append(again, m[1])
		}
		paragraph = ""
	}
	if commands == 0 {
		w.Error("nothing is run, want the new part to be tried")
	}
	for _, command := range again {
		w.must(command)
	}
}

// missed wants a command to fail, and to say why.
func (w *workshop) missed(command, want string) {
	w.Helper()
	if got, err := w.sh(command); err == nil || !strings.Contains(got, want) {
		w.Errorf("without the step, %s = %v, %s\nwant it to fail and to say %q", command, err, got, want)
	}
}

// console runs the lines that begin with a $, and wants what stands below them.
func (w *workshop) console(block string) (commands int) {
	w.Helper()
	for entry := range strings.SplitSeq(strings.TrimPrefix("\n"+block, "\n$ "), "\n$ ") {
		command, want, _ := strings.Cut(strings.TrimSuffix(entry, "\n"), "\n")
		if got := w.must(command); !strings.Contains(got, want) {
			w.Errorf("%s\n%s\nwant %q", command, got, want)
		}
		commands++
	}
	return commands
}

func (w *workshop) must(command string) string {
	w.Helper()
	got, err := w.sh(command)
	if err != nil || strings.Contains(got, "no tests to run") {
		w.Fatalf("%s = %v\n%s", command, err, got)
	}
	return got
}

func (w *workshop) sh(command string) (string, error) {
	cmd := exec.CommandContext(w.Context(), "sh", "-c", command)
	cmd.Dir, cmd.Env = w.dir, w.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (w *workshop) write(path, text string, mode os.FileMode) {
	w.Helper()
	if _, err := os.Stat(path); err == nil {
		w.Fatalf("there is a %s already", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		w.Fatal(err)
	}
}

// insert puts a block below a line, which is quoted as Markdown has it, or at a file's end.
func (w *workshop) insert(name, below, block string) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	text, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	if below == "" {
		block = string(text) + block
	} else {
		below = strings.Trim(below, "`")
		lines := strings.SplitAfter(string(text), "\n")
		at := -1
		for i, line := range lines {
			if strings.TrimSpace(line) != below {
				continue
			}
			if at >= 0 {
				w.Fatalf("%s has the line %q twice", name, below)
			}
			at = i
		}
		if at < 0 {
			w.Fatalf("%s has no line %q", name, below)
		}
		block = strings.Join(lines[:at+1], "") + block + strings.Join(lines[at+1:], "")
	}
	if err := os.WriteFile(path, []byte(block), 0o644); err != nil {
		w.Fatal(err)
	}
}
