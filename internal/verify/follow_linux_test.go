//go:build amd64 || arm64

package verify

import (
	"fmt"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// program is a C program that reads the canary into key, and has leak execute a program
// with it in its arguments.
const program = `
#define _GNU_SOURCE
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char key[4096];
static void leak(void) { execl("/bin/true", "true", key, (char *)0); _exit(9); }
static void *leaks(void *none) { leak(); return none; }
static void waits(void) { while (wait(0) > 0) {} }
int main(int argc, char **argv) {
	(void)argc; (void)argv;
	if (read(3, key, sizeof key - 1) <= 0) return 8;
	close(3);
	%s
	return 0;
}
`

// TestNoExecIsMissed starts programs in all the ways that there are.
func TestNoExecIsMissed(t *testing.T) {
	for name, body := range map[string]string{
		"in place":                     `leak();`,
		"fork":                         `if (!fork()) leak(); waits();`,
		"vfork":                        `if (!vfork()) leak(); waits();`,
		"double fork":                  `if (!fork()) { if (!fork()) { setsid(); leak(); } _exit(0); } waits();`,
		"thread":                       `pthread_t t; pthread_create(&t, 0, leaks, 0); pthread_join(t, 0);`,
		"thread, first one gone":       `pthread_t t; pthread_create(&t, 0, leaks, 0); pthread_exit(0);`,
		"fork of a thread of a child":  `if (!fork()) { pthread_t t; pthread_create(&t, 0, leaks, 0); pthread_join(t, 0); } waits();`,
		"untraced clone":               `if (!syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0)) leak(); waits();`,
		"untraced vfork":               `if (!syscall(SYS_clone, CLONE_UNTRACED | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0)) leak(); waits();`,
		"untraced clone3":              `struct clone_args a = {.flags = CLONE_UNTRACED, .exit_signal = SIGCHLD}; if (!syscall(SYS_clone3, &a, sizeof a)) leak(); waits();`,
		"untraced clone3 of constants": `static const struct clone_args a = {.flags = CLONE_UNTRACED, .exit_signal = SIGCHLD}; if (!syscall(SYS_clone3, &a, sizeof a)) leak(); waits();`,
		"untraced, twice": `if (!syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0)) {
			if (!syscall(SYS_clone, CLONE_UNTRACED | SIGCHLD, 0, 0, 0, 0)) leak(); _exit(0); } waits();`,
		"a program of nobody's": `prctl(PR_SET_DUMPABLE, 0); if (!fork()) leak(); waits();`,
		"after being stopped":   `int c = fork(); if (!c) { raise(SIGSTOP); leak(); } int s; waitpid(c, &s, WUNTRACED); kill(c, SIGCONT); waits();`,
		"quickly, often":        `for (int i = 0; i < 200; i++) if (!vfork()) execl("/bin/true", "true", (char *)0); if (!fork()) leak(); waits();`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bin := compiled(t, fmt.Sprintf(program, body))
			report := (&trial{linger: testrig.Watchdog}).run(t, bin)
			check(t, "leaks", report.places(), []string{"argv: argument 1, as it is, true"})
			for _, l := range report.Leaks { // before it could take its arguments back
				check(t, "when", l.When, atExec)
			}
			check(t, "not seen", report.NotSeen, []string{})
			check(t, "exit code and signal", fmt.Sprint(report.Worker.Exit, report.Worker.Signal), "0")
		})
	}
}

// TestStopStays has a child stop itself, which stays stopped until it is told to go on.
func TestStopStays(t *testing.T) {
	bin := compiled(t, "#include <poll.h>\n"+fmt.Sprintf(program, `
	int p[2], s;
	if (pipe(p)) return 7;
	int c = fork();
	if (!c) { raise(SIGSTOP); if (write(p[1], "x", 1) != 1) _exit(6); pause(); }
	waitpid(c, &s, WUNTRACED);
	if (!WIFSTOPPED(s)) return 5;
	struct pollfd f = {p[0], POLLIN, 0};
	if (poll(&f, 1, 100)) return 4; // it went on by itself
	kill(c, SIGCONT);
	if (poll(&f, 1, -1) != 1) return 3;
	kill(c, SIGKILL);
	waits();`))
	report := (&trial{}).run(t, bin)
	check(t, "exit code", report.Worker.Exit, 0)
}

// TestPIDNamespace starts a program in a namespace in which it has another number.
func TestPIDNamespace(t *testing.T) {
	r := &trial{}
	report := r.run(t, "unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "sh", "-c", `k=$(cat <&3); /bin/echo $k >/dev/null; :`)
	if report.Worker.Exit == 1 && report.Execs == 1 {
		t.Skipf("no namespaces here: %s", r.err.String())
	}
	check(t, "leaks", report.places(), []string{"argv: argument 1, as it is, echo"})
	check(t, "not seen", report.NotSeen, []string{})
}

// TestRaceForUntraced has a thread put CLONE_UNTRACED back as often as it can: what gets
// through is followed from then on, and said.
func TestRaceForUntraced(t *testing.T) {
	bin := compiled(t, fmt.Sprintf(program, `
	struct race { struct clone_args a; volatile int on; } *r = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int other = fork();
	if (!other) for (;;) { *(volatile uint64_t *)&r->a.flags = CLONE_UNTRACED; }
	int p[2]; char go;
	if (pipe(p)) return 7;
	r->a.exit_signal = SIGCHLD;
	for (int i = 0; i < 500; i++) {
		int c = syscall(SYS_clone3, &r->a, sizeof r->a);
		if (!c) { while (read(p[0], &go, 1) != 1) {} execl("/bin/true", "true", (char *)0); }
		if (write(p[1], "x", 1) != 1) return 6;
		waitpid(c, 0, 0);
	}
	kill(other, SIGKILL);
	waits();`))
	report := (&trial{}).run(t, bin)
	check(t, "exit code", report.Worker.Exit, 0)
	t.Logf("not seen: %q", report.NotSeen)
	for _, text := range report.NotSeen {
		if strings.Contains(text, "running still") {
			t.Errorf("not seen: %q, want it followed", text)
		}
	}
	check(t, "processes, and execs", fmt.Sprint(report.Processes, report.Execs), "502 501")
}
