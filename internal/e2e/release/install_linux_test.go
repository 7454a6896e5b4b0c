package release

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// installed are the files of scripts/install below its prefix.
var installed = []string{"bin/wg-run", "share/man/man1/wg-run.1", "share/man/man5/wg-run-profile.5", "share/man/man7/wg-run-refs.7",
	"share/bash-completion/completions/wg-run", "share/zsh/site-functions/_wg-run", "share/fish/vendor_completions.d/wg-run.fish",
	"share/doc/wg-run/LICENSE", "share/doc/wg-run/installed"}

// TestInstall installs from a clone and from an archive, which takes no Go, below a
// folder with a blank in its name, twice, and removes it.
func TestInstall(t *testing.T) {
	r := release(t)
	unpacked := t.TempDir()
	mustSh(t, unpacked, `tar xzf "$ARCHIVE" --strip-components=1`,
		"ARCHIVE="+filepath.Join(r.outs[0], "wg-run-1.2.3-linux-"+runtime.GOARCH+".tar.gz"))
	for what, c := range map[string]struct{ script, path string }{
		"clone":   {filepath.Join(r.clones[1], "scripts/install"), os.Getenv("PATH")},
		"archive": {filepath.Join(unpacked, "install"), "/usr/bin:/bin"},
	} {
		t.Run(what, func(t *testing.T) {
			above := t.TempDir()
			prefix := filepath.Join(above, "pre fix")
			env := []string{"PREFIX=" + prefix, "INSTALL=" + c.script, "PATH=" + c.path}
			said := mustSh(t, above, `umask 077; "$INSTALL"`, env...)
			if want := prefix + "/bin is not in PATH"; !strings.Contains(said, want) {
				t.Errorf("scripts/install said %q, want %q in it", said, want)
			}
			mustSh(t, above, `umask 077; "$INSTALL"`, env...) // an update
			checkPrefix(t, prefix)
			mustSh(t, above, `"$INSTALL" --uninstall`, env...)
			if left := tree(t, above); len(left) > 0 {
				t.Errorf("--uninstall leaves %v", left)
			}
			if _, err := sh(above, `"$INSTALL" --uninstall`, env...); err == nil || !strings.Contains(err.Error(), "install: nothing of this script is in") {
				t.Errorf("--uninstall where nothing is: %v", err)
			}
		})
	}
}

// checkPrefix looks for what scripts/install puts below a prefix, and uses it.
func checkPrefix(t *testing.T, prefix string) {
	t.Helper()
	found := tree(t, prefix)
	for _, name := range installed {
		if _, ok := found[name]; !ok {
			t.Errorf("%s is not there", name)
		}
	}
	for name, mode := range found {
		want := fs.FileMode(0o644)
		if strings.HasSuffix(name, "/") || name == "bin/wg-run" {
			want = 0o755
		}
		if mode.Perm() != want {
			t.Errorf("%s has mode %v, want %v", name, mode.Perm(), want)
		}
	}
	if got := mustSh(t, prefix, `bin/wg-run --ref literal:demo -- sh -c 'cat <&"$WG_API_KEY_FD"'`); got != "demo" {
		t.Errorf("the worker printed %q, want %q", got, "demo")
	}
	mustSh(t, prefix, `bin/wg-run completion bash | cmp - share/bash-completion/completions/wg-run
		bin/wg-run completion zsh | cmp - share/zsh/site-functions/_wg-run
		bin/wg-run completion fish | cmp - share/fish/vendor_completions.d/wg-run.fish`)
}

// TestInstalledCompletions asks the shells whether they find them where they are.
func TestInstalledCompletions(t *testing.T) {
	r := release(t)
	testrig.Need(t, "zsh", "fish")
	prefix := t.TempDir()
	env := []string{"P=" + prefix, "PATH=" + prefix + "/bin:" + os.Getenv("PATH"), "XDG_DATA_DIRS=" + prefix + "/share"}
	said := mustSh(t, r.clones[0], `scripts/install --prefix "$P"`, env...)
	if strings.Contains(said, "PATH") {
		t.Errorf("scripts/install said %q of a prefix that is in PATH", said)
	}
	got := mustSh(t, prefix, `zsh -fc 'fpath=($P/share/zsh/site-functions $fpath); autoload -U compinit; compinit -D -u; print $_comps[wg-run]'
		fish -c 'complete -C "wg-run secret ch"'`, append(env, "HOME="+t.TempDir())...)
	if !strings.HasPrefix(got, "_wg-run\ncheck") {
		t.Errorf("zsh and fish printed %q, want _wg-run and check", got)
	}
}

// TestInstallElsewhere stages below DESTDIR beside what is there already.
func TestInstallElsewhere(t *testing.T) {
	r := release(t)
	dir := t.TempDir()
	env := []string{"DESTDIR=" + dir, "INSTALL=" + filepath.Join(r.clones[0], "scripts/install")}
	mustSh(t, dir, `mkdir -p usr/bin usr/share/man/man1; echo mine >usr/bin/mine`)
	before := tree(t, dir)
	if said := mustSh(t, dir, `"$INSTALL" --prefix /usr`, env...); strings.Contains(said, "PATH") {
		t.Errorf("scripts/install said %q; what is staged is in no PATH", said)
	}
	checkPrefix(t, filepath.Join(dir, "usr"))
	mustSh(t, dir, `"$INSTALL" --prefix /usr --uninstall`, env...)
	after := tree(t, dir)
	for name := range after {
		if _, ok := before[name]; !ok {
			t.Errorf("--uninstall leaves %s", name)
		}
	}
	if len(after) < len(before) {
		t.Errorf("--uninstall took what was there before: %v, of %v", after, before)
	}
}

// TestWrongArguments: usage and 2, and nothing is made.
func TestWrongArguments(t *testing.T) {
	for _, line := range []string{"install --what", "install prefix", "install --prefix", "release --what", "release --out", "release --only plan9/mips"} {
		cmd := exec.Command("sh", "-c", root+"/scripts/"+line)
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !strings.HasPrefix(string(out), "usage: ") {
			t.Errorf("scripts/%s: %v, %q, want usage and 2", line, err, out)
		}
	}
}

// TestInstallWhereOthersWrite: nothing that somebody has put below the prefix has
// scripts/install write to, show or remove what is elsewhere.
func TestInstallWhereOthersWrite(t *testing.T) {
	script, err := filepath.Abs(root + "/scripts/install")
	if err != nil {
		t.Fatal(err)
	}
	for what, line := range map[string]string{
		"a link where a copy is made":     `mkdir -p to/bin; ln -s "$PWD/there/file" to/bin/wg-run.new.$$; exec sh from/install`,
		"a list that is a link":           `ln -s "$PWD/there/file" $LIST; sh from/install; ! grep private $LIST`,
		"a list of what is elsewhere":     `ln -s "$PWD/there" to/e; echo e/file >$LIST; sh from/install --uninstall`,
		"a folder in the place of a file": `mkdir -p to/bin; ln -s "$PWD/there" to/bin/wg-run; ! sh from/install`,
		"CDPATH":                          `CDPATH=$PWD/there sh from/install`,
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			mustSh(t, dir, `mkdir -p from/completions to/share/doc/wg-run there/from
				cp "$SCRIPT" from/install; echo wg-run >from/wg-run; chmod 755 from/wg-run
				for f in LICENSE completions/wg-run.bash completions/_wg-run completions/wg-run.fish; do echo "$f" >from/$f; done
				echo private >there/file; chmod 600 there/file`, "SCRIPT="+script)
			if _, err := sh(dir, line, "PREFIX="+dir+"/to", "LIST=to/share/doc/wg-run/installed"); err != nil {
				t.Error(err)
			}
			if got := mustSh(t, dir, `ls there; stat -c %a there/file; cat there/file`); got != "file\nfrom\n600\nprivate\n" {
				t.Errorf("elsewhere is now %q", got)
			}
		})
	}
}
