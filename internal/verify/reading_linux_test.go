//go:build amd64 || arm64

package verify

import (
	"fmt"
	"testing"
)

// TestReading reads the canary in all the ways that there are, and in part.
func TestReading(t *testing.T) {
	const body = "char b[4096]; int p[2]; int n = 0; (void)n; if (pipe(p)) return 7; %s; return 0;"
	for _, c := range []struct{ name, channel, body, read string }{
		{"read", "", `while (read(3, b, 7) > 0) {}`, "yes"},
		{"a part", "", `n = read(3, b, 7); close(3)`, "partly"},
		{"readv", "", `struct iovec v = {b, sizeof b}; n = readv(3, &v, 1)`, "yes"},
		{"splice", "", `n = splice(3, 0, p[1], 0, 4096, 0)`, "yes"},
		{"tee, which takes nothing", "", `n = tee(3, p[1], 4096, 0); close(3)`, "yes"},
		{"tee of a part", "", `n = tee(3, p[1], 7, 0); close(3)`, "partly"},
		{"a look into a socket", "socket", `n = recv(3, b, sizeof b, MSG_PEEK); close(3)`, "yes"},
		{"a copy of the descriptor", "", `n = read(dup2(3, 77), b, sizeof b)`, "yes"},
		{"its path", "", `n = read(open("/dev/fd/3", 0), b, sizeof b)`, "yes"},
		{"a child", "", `if (!fork()) { n = read(3, b, sizeof b); _exit(0); } wait(0)`, "yes"},
		{"another descriptor", "", `n = write(p[1], "x", 1); n = read(p[0], b, sizeof b)`, "no"},
		{"of a memory file, read", "memfd", `while (read(3, b, 7) > 0) {} close(3)`, "yes"},
		{"of a memory file, pread", "memfd", `n = pread(3, b, sizeof b, 0); close(3)`, "yes"},
		{"of a memory file, sendfile", "memfd", `n = sendfile(p[1], 3, 0, 4096); close(3)`, "yes"},
		{"of a memory file, mmap", "memfd", `n = *(char *)mmap(0, 4096, PROT_READ, MAP_PRIVATE, 3, 0); close(3)`, "yes"},
		{"of a memory file, a part", "memfd", `n = read(3, b, 7); close(3)`, "partly"},
		{"of a memory file, nothing", "memfd", `n = read(p[0], b, 0); close(3)`, "no"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bin := compiled(t, "#define _GNU_SOURCE\n#include <fcntl.h>\n#include <sys/mman.h>\n#include <sys/sendfile.h>\n#include <sys/socket.h>\n#include <sys/uio.h>\n"+
				"#include <sys/wait.h>\n#include <unistd.h>\nint main(void) { "+fmt.Sprintf(body, c.body)+" }\n")
			report := (&trial{channel: c.channel}).run(t, bin)
			s := report.Secrets[0]
			check(t, "read", s.Read, c.read)
			if (s.First != nil) != (c.read != "no") || (s.Full != nil) != (c.read == "yes") {
				t.Errorf("read %s: got first %+v, full %+v", s.Read, s.First, s.Full)
			}
			if s.First != nil && (s.First.Program != "worker" || s.First.PID == 0 || s.First.Seconds <= 0 || s.First.Seconds > report.Worker.Seconds) {
				t.Errorf("first read: got %+v, want it by worker, before its end after %v s", s.First, report.Worker.Seconds)
			}
			check(t, "leaks", report.places(), []string{})
		})
	}
}

// TestReadInPart reads all but a byte of a memory file, and starts a program that has it still.
func TestReadInPart(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`if (!fork()) execl("/bin/true", "true", (char *)0);`, "[descriptor: descriptor 3, true]"},
		{`if (!fork()) { close(3); execl("/bin/true", "true", (char *)0); }`, "[]"},
	} {
		report := (&trial{channel: "memfd"}).run(t, compiled(t, "#include <sys/wait.h>\n#include <unistd.h>\nint main(void) { char b[4096]; if (read(3, b, 29) != 29) return 7; "+c.body+" wait(0); close(3); return 0; }\n"))
		check(t, "leaks: "+c.body, fmt.Sprint(report.places()), c.want)
	}
}

// TestReadAsynchronously says that a read by io_submit(2) is not seen.
func TestReadAsynchronously(t *testing.T) {
	bin := compiled(t, fmt.Sprintf(program, `syscall(SYS_io_submit, 0, 0, 0);`))
	report := (&trial{}).run(t, bin)
	check(t, "not seen", report.NotSeen, []string{fmt.Sprintf("what worker (%d) reads and writes by asynchronous I/O (io_submit)", report.Worker.PID)})
}

// TestReadUnseen says unknown, and not no, where a read cannot be seen.
func TestReadUnseen(t *testing.T) {
	r := &object{file: nil, canary: Canary{Name: "x"}}
	check(t, "read of what no descriptor holds", r.story().Read, "unknown")
	r.file = nullFile(t)
	check(t, "read of a memory file", r.story().Read, "no")
	r.blind = true
	check(t, "read of a memory file, somebody's descriptors closed to us", r.story().Read, "unknown")
}
