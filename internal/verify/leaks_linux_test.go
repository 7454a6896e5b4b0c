//go:build amd64 || arm64

package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/testrig"
)

func nullFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// interpreted are workers in two languages: how they read the canary into key.
var interpreted = map[string]func(code string) []string{
	"python3": func(code string) []string {
		return []string{"python3", "-c", "import base64, os, subprocess, sys, urllib.parse\nkey = open(3).read()\n" + code}
	},
	"node": func(code string) []string {
		return []string{"node", "-e", "const cp = require('child_process'), fs = require('fs'); const key = fs.readFileSync(3, 'utf8'); fs.closeSync(3);\n" + code}
	},
}

// TestInterpreted runs Python and Node, which start threads and programs of their own.
func TestInterpreted(t *testing.T) {
	for _, c := range []struct {
		program, code, want string
	}{
		{"python3", `subprocess.run(["/bin/true"])`, ""},
		{"python3", `subprocess.run(["/bin/true", "--key=" + key])`, "argv: argument 1, as it is, true"},
		{"python3", `subprocess.run(["/bin/true"], env={"KEY": key})`, "environment: variable KEY, as it is, true"},
		{"python3", `subprocess.run(["/bin/true"], env={"A": base64.b64encode(b"xy" + key.encode()).decode()})`, "environment: variable A, base64, true"},
		{"python3", `subprocess.run(["/bin/true", key.encode().hex().upper()])`, "argv: argument 1, hex, true"},
		{"python3", `subprocess.run(["/bin/true", "".join("%%%02x" % c for c in key.encode())])`, "argv: argument 1, escaped, true"},
		{"python3", `subprocess.run(["/bin/true"] + list(key))`, "argv: several together, as it is, true"},
		{"python3", `for c in key: os.write(1, c.encode())`, "output: standard output, as it is, "},
		{"python3", `os.write(2, b"x" * 100000 + base64.encodebytes(b"some text before it, " + key.encode()) + b"x" * 100000)`, "output: standard error, base64, "},
		{"python3", `fd = os.memfd_create("x", 0); os.write(fd, key.encode()); subprocess.run(["/bin/true"], pass_fds=[fd]); os.close(fd)`, "descriptor: descriptor 3, a copy in /memfd:x (deleted), as it is, true"},
		{"python3", `import ctypes; libc = ctypes.CDLL(None); libc.prctl(15, b"x"); os.execv("/bin/true", ["true"])`, ""},
		{"node", `cp.spawnSync('/bin/true', [])`, ""},
		{"node", `cp.spawnSync('/bin/true', ['-k', key])`, "argv: argument 2, as it is, true"},
		{"node", `cp.spawnSync('/bin/true', [], {env: {KEY: key}})`, "environment: variable KEY, as it is, true"},
		{"node", `console.log(JSON.stringify({key}))`, "output: standard output, as it is, "},
		{"node", `new (require('worker_threads').Worker)('require("child_process").spawnSync("/bin/true", [' + JSON.stringify(key) + '])', {eval: true})`, "argv: argument 1, as it is, true"},
	} {
		t.Run(c.program+" "+c.code, func(t *testing.T) {
			report := (&trial{}).run(t, interpreted[c.program](c.code)...)
			want, verdict := []string{c.want}, Leaked
			if c.want == "" {
				want, verdict = nil, Clean
			}
			check(t, "leaks", report.places(), want)
			check(t, "verdict", report.Verdict, verdict)
			check(t, "not seen", report.NotSeen, []string{})
		})
	}
}

// TestOwnArguments writes the canary over the process's own arguments.
func TestOwnArguments(t *testing.T) {
	bin := compiled(t, fmt.Sprintf(program, `memcpy(argv[1], key, strlen(key));`))
	report := (&trial{}).run(t, bin, "----------------------------------------------")
	check(t, "leaks", report.places(), []string{"argv: argument 1, as it is, worker"})
	check(t, "when", report.Leaks[0].When, atEnd)
}

// TestDaemon has a process outlive the worker, which goes on when that has ended.
func TestDaemon(t *testing.T) {
	const until = `while kill -0 $$ 2>/dev/null; do :; done`
	for _, c := range []struct{ name, channel, line, want string }{
		{"that leaks later", "", `k=$(cat <&3); (` + until + `; exec /bin/true "$k") >/dev/null 2>&1 &`, "argv: argument 1, as it is, true"},
		{"that has it unread", "", `(` + until + `) >/dev/null 2>&1 &`, "descriptor: descriptor 3, dash"},
		{"that has it, read", "memfd", `(` + until + `) >/dev/null 2>&1 & k=$(cat <&3 3<&-); exec 3<&-`, "descriptor: descriptor 3, dash"},
	} {
		t.Run(c.name, func(t *testing.T) {
			report := (&trial{channel: c.channel, linger: testrig.Watchdog}).run(t, "dash", "-c", c.line)
			check(t, "leaks", report.places(), []string{c.want})
			check(t, "verdict", report.Verdict, Leaked)
		})
	}
}

// TestWatch writes files below a watched folder.
func TestWatch(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"stays", `cat <&3 >$D/f`, "file: D/f, as it is, "},
		{"stays, encoded", `cat <&3 | base64 >$D/f`, "file: D/f, base64, "},
		{"below", `mkdir -p $D/a/b; cat <&3 >$D/a/b/f`, "file: D/a/b/f, as it is, "},
		{"removed", `cat <&3 >$D/f; rm $D/f`, "file: D/f, as it is, rm"},
		{"removed, relatively", `cd $D; cat <&3 >f; rm f`, "file: D/f, as it is, rm"},
		{"renamed away", `cat <&3 >$D/f; mv -T $D/f $D.away; rm $D.away`, "file: D/f, as it is, mv"},
		{"replaced", `cat <&3 >$D/f; echo x >$D/g; mv $D/g $D/f`, "file: D/f, as it is, mv"},
		{"cut off", `cat <&3 >$D/f; : >$D/f`, "file: D/f, as it is, sh"},
		{"cut off by truncate", `cat <&3 >$D/f; truncate -s 0 $D/f`, "file: D/f, as it is, truncate"},
		{"cut off through a link", `ln -s $D/f $D.l; cat <&3 >$D/f; : >$D.l`, "file: D/f, as it is, sh"},
		{"cut off through a descriptor", `cat <&3 >$D/f; exec 5<$D/f; : >/dev/fd/5`, "file: D/f, as it is, sh"},
		{"cut off through a process of /proc", `cd $D; cat <&3 >f; : >/proc/self/cwd/f`, "file: D/f, as it is, sh"},
		{"a link is removed", `cat <&3 >/dev/null; echo x >$D/f; ln -s f $D/l; rm $D/l`, ""},
		{"written after it was removed", `exec 5>$D/f; rm $D/f; cat <&3 >&5`, "file: D/f, as it is, rm"},
		{"its name", `touch $D/$(cat <&3)`, "file: (not shown: it contains the secret), as it is, "},
		{"where a link points", `ln -s $(cat <&3) $D/l`, "file: D/l, as it is, "},
		{"its name, removed", `f=$D/$(cat <&3); : >$f; rm $f`, "file: (not shown: it contains the secret), as it is, rm"},
		{"a folder's name, removed", `f=$D/$(cat <&3); mkdir $f; rmdir $f`, "file: (not shown: it contains the secret), as it is, rmdir"},
		{"its name, renamed", `f=$D/$(cat <&3); : >$f; mv $f $D/f`, "file: (not shown: it contains the secret), as it is, mv"},
		{"where a link pointed", `ln -s $(cat <&3) $D/l; rm $D/l`, "file: D/l, as it is, rm"},
		{"through a link", `ln -s $D $D.link; cat <&3 >$D.link/f`, "file: D/f, as it is, "},
		{"elsewhere", `cat <&3 >$D.other`, ""},
		{"something else", `cat <&3 >/dev/null; echo x >$D/f; rm $D/f`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := filepath.Join(t.TempDir(), "D")
			if err := os.Mkdir(d, 0o700); err != nil {
				t.Fatal(err)
			}
			report := (&trial{watch: d, env: []string{"D=" + d}}).run(t, "sh", "-c", c.line)
			var files []string
			for _, l := range report.Leaks {
				if rel, err := filepath.Rel(filepath.Dir(d), l.Detail); l.Where == InFile {
					if err == nil && l.Detail[0] == '/' {
						l.Detail = rel
					}
					files = append(files, l.Where+": "+l.Detail+", "+l.Form+", "+l.Program)
				}
			}
			if c.want == "" && files != nil || c.want != "" && !slices.Contains(files, c.want) {
				t.Errorf("files: got %q, want %q among them", files, c.want)
			}
			check(t, "not seen", report.NotSeen, []string{})
		})
	}
}

// TestOnlyCutOff has a file that was there before, and stays: it is one place, and was not removed.
func TestOnlyCutOff(t *testing.T) {
	for _, line := range []string{`cat <&3 >$D/h`, `: >$D/h; cat <&3 >$D/h`, `mv $D/h $D/i; cat <&3 >$D/i`} {
		d := t.TempDir()
		if err := os.WriteFile(filepath.Join(d, "h"), []byte("some\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		report := (&trial{watch: d, env: []string{"D=" + d}}).run(t, "sh", "-c", line)
		if l := report.Leaks; len(l) != 1 || l[0].When != "at the end" {
			t.Errorf("%s: leaks %+v; want one, at the end", line, l)
		}
	}
}

// TestCutOff cuts a file off by system calls that few programs make.
func TestCutOff(t *testing.T) {
	bodies := map[string]string{
		"truncate": `symlink("f", l); truncate(l, 0);`,
		"creat":    `symlink("f", l); creat(l, 0600);`,
		"openat2":  `unsigned long how[3] = {O_WRONLY | O_TRUNC}; syscall(SYS_openat2, AT_FDCWD, f, how, sizeof how);`,
	}
	if runtime.GOARCH == "amd64" { // where a 64-bit process may make a 32-bit system call
		bodies["ftruncate of i386"] = `long r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(93L), "b"((long)fd), "c"(0L) : "memory"); if (r < 0) truncate(f, 0);`
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := t.TempDir()
			bin := compiled(t, "#include <fcntl.h>\n#include <sys/stat.h>\n"+fmt.Sprintf(program, `char f[4096], l[4096]; snprintf(f, sizeof f, "%s/f", argv[1]); snprintf(l, sizeof l, "%s/l", argv[1]);
				int fd = open(f, O_CREAT | O_RDWR, 0600); if (write(fd, key, strlen(key)) < 0) return 7; `+body+` struct stat st; if (fstat(fd, &st) || st.st_size) return 6;`), "-w")
			report := (&trial{watch: d}).run(t, bin, d)
			check(t, "exit code", report.Worker.Exit, 0)
			check(t, "verdict", report.Verdict, Leaked)
		})
	}
}

// A file of tmpfs can be written without a time that tells (mmap(2), after it was read there).
func TestUntimed(t *testing.T) {
	const folder = "/dev/shm"
	var st unix.Statfs_t
	if unix.Statfs(folder, &st) != nil || st.Type != unix.TMPFS_MAGIC {
		t.Skip("there is no tmpfs at " + folder)
	}
	check(t, "local("+folder+")", local(folder), false)
}

// TestHiddenCopy has a program inherit a copy that stands behind much else.
func TestHiddenCopy(t *testing.T) {
	for _, c := range []struct {
		at            string
		want, notSeen int
	}{{"9 << 20", 1, 0}, {"65 << 20", 0, 1}} {
		bin := compiled(t, fmt.Sprintf(program, `int fd = memfd_create("x", 0); if (pwrite(fd, key, strlen(key), `+c.at+`) < 0) return 7; if (!fork()) execl("/bin/true", "true", (char *)0); waits(); close(fd);`))
		report := (&trial{}).run(t, bin)
		if len(report.Leaks) != c.want || len(report.NotSeen) != c.notSeen {
			t.Errorf("a copy at %s: got leaks %q and not seen %q, want %d and %d", c.at, report.places(), report.NotSeen, c.want, c.notSeen)
		}
	}
}

// TestNameless writes to a file that never has a name.
func TestNameless(t *testing.T) {
	for _, c := range []struct {
		name, code, when string
	}{
		{"open", `fd = os.open(os.environ["D"], os.O_TMPFILE | os.O_RDWR); os.write(fd, key.encode())`, "in a file without a name"},
		{"closed", `fd = os.open(os.environ["D"], os.O_TMPFILE | os.O_WRONLY, 0o600); os.write(fd, key.encode()); os.close(fd)`, "in a file without a name"},
		{"named", `fd = os.open(os.environ["D"], os.O_TMPFILE | os.O_RDWR); os.write(fd, key.encode()); os.link("/proc/self/fd/%d" % fd, os.environ["D"] + "/f", src_dir_fd=0, follow_symlinks=True); os.close(fd)`, "at the end"},
		{"elsewhere", `fd = os.open("/tmp", os.O_TMPFILE | os.O_RDWR); os.write(fd, key.encode()); os.close(fd)`, ""},
		{"something else", `fd = os.open(os.environ["D"], os.O_TMPFILE | os.O_RDWR); os.write(fd, b"something else"); os.close(fd)`, ""},
		{"by openat2", `import ctypes; libc = ctypes.CDLL(None); how = (ctypes.c_ulong * 3)(os.O_TMPFILE | os.O_RDWR, 0o600, 0); fd = libc.syscall(437, -100, os.environ["D"].encode(), how, 24); os.write(fd, key.encode()); os.close(fd)`, "in a file without a name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := t.TempDir()
			report := (&trial{watch: d, env: []string{"D=" + d}}).run(t, interpreted["python3"](c.code)...)
			var when []string
			for _, l := range report.Leaks {
				if l.Where == InFile {
					when = append(when, l.When)
				}
			}
			if strings.Join(when, ", ") != c.when || len(report.NotSeen) > 0 {
				t.Errorf("files: got %q, want %q; leaks %q, not seen %q", when, c.when, report.places(), report.NotSeen)
			}
		})
	}
}
