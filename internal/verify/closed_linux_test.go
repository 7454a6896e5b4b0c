//go:build amd64 || arm64

package verify

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/graphwork/wg-run/internal/testrig"
)

// TestEnds looks at the descriptors of a process when it ends, and not when a thread does.
func TestEnds(t *testing.T) {
	const body = `#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
static char b[4096];
static void *nothing(void *none) { return none; }
int main(void) { pthread_t t; while (read(3, b, 7) > 0) {} %s; close(3); return 0; }
`
	for _, c := range []struct{ name, body, verdict, want string }{
		{"a thread before it is closed", `pthread_create(&t, 0, nothing, 0); pthread_join(t, 0)`, Clean, "[]"},
		{"a child that executes nothing", `(void)t; (void)nothing; if (!fork()) _exit(0); wait(0)`, Leaked, "[descriptor: descriptor 3, worker]"},
		{"a child that closes it", `(void)t; (void)nothing; if (!fork()) { close(3); _exit(0); } wait(0)`, Clean, "[]"},
	} {
		report := (&trial{channel: "memfd"}).run(t, compiled(t, fmt.Sprintf(body, c.body)))
		check(t, "verdict: "+c.name, report.Verdict, c.verdict)
		check(t, "leaks: "+c.name, fmt.Sprint(report.places()), c.want)
	}
}

// TestOwnFilter sets a filter that has each call traced, with a number of its own: a filter
// set later outweighs an earlier one (seccomp(2)).
func TestOwnFilter(t *testing.T) {
	bin := compiled(t, fmt.Sprintf(program, `
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	struct { unsigned short c; unsigned char t, f; unsigned k; } f[] = {{6, 0, 0, 0x7ff00000}};
	struct { unsigned short n; void *f; } p = {1, f};
	if (syscall(SYS_seccomp, 1, 0, &p)) return 5;
	if (!syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0)) leak();
	waits();`))
	report := (&trial{}).run(t, bin)
	check(t, "leaks", report.places(), []string{"argv: argument 1, as it is, true"})
	check(t, "not seen", report.NotSeen, []string{})
}

// TestNoRing has a program do without io_uring, by which it would read unseen.
func TestNoRing(t *testing.T) {
	report := (&trial{}).run(t, compiled(t, fmt.Sprintf(program, `char p[256] = {0}; return syscall(SYS_io_uring_setup, 4, p) == -1 ? 0 : 6;`)))
	check(t, "exit code", report.Worker.Exit, 0)
	check(t, "verdict", report.Verdict, Clean)
}

// TestFolderMoves has files go with the folder that they are in.
func TestFolderMoves(t *testing.T) {
	for _, c := range []struct{ line, verdict string }{
		{`k=$(cat <&3); mkdir $D/s; cd $D; echo x$k >s/f; mv s ../away`, Leaked},
		{`k=$(cat <&3); echo x$k >$D/f; mv $D $D.away`, Leaked},
		{`k=$(cat <&3); mv $D $D.away; echo x$k >$D.away/f`, Incomplete},
		{`k=$(cat <&3); mkdir $D/s; echo x >$D/s/f; mv $D/s $D.away`, Clean},
	} {
		d := filepath.Join(t.TempDir(), "watched")
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
		report := (&trial{watch: d, env: []string{"D=" + d}}).run(t, "sh", "-c", c.line)
		check(t, "verdict of "+c.line, report.Verdict, c.verdict)
	}
}

// TestEndlessOutput does not wait for somebody who is not followed and prints for ever.
func TestEndlessOutput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	go func() {
		for {
			if _, err := w.Write([]byte("x\n")); err != nil {
				return
			}
		}
	}()
	o := &outputs{report: &Report{}, mine: []*os.File{r}}
	o.all.Go(func() { o.copy(r, nil, io.Discard, "standard output") })
	done := make(chan bool)
	go func() { o.drain(); close(done) }()
	select {
	case <-done:
	case <-time.After(testrig.Watchdog):
		t.Fatal("drain: it waits for ever")
	}
	if text := fmt.Sprint(o.report.NotSeen); !strings.Contains(text, "what is printed to standard output by somebody who is not followed") {
		t.Errorf("not seen: got %s, want that somebody prints", text)
	}
}
