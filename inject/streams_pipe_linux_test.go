package inject

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// within runs a command that is to end soon, and returns its exit status.
func within(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	must(t, cmd.Start())
	alarm := time.AfterFunc(enough, func() { _ = cmd.Process.Kill() })
	defer alarm.Stop()
	_ = cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

// toFiles runs a script with its output in files, so that no copying in this process hides a held descriptor.
func toFiles(t *testing.T, script string) (out, errs string, code int) {
	t.Helper()
	dir := t.TempDir()
	cmd := masking(script)
	var files []*os.File
	for _, name := range []string{"1", "2"} {
		f, err := os.Create(filepath.Join(dir, name))
		must(t, err)
		files = append(files, f)
	}
	cmd.Stdout, cmd.Stderr = files[0], files[1]
	code = within(t, cmd)
	var texts []string
	for _, f := range files {
		text, err := os.ReadFile(f.Name())
		must(t, err)
		texts = append(texts, string(text))
	}
	return texts[0], texts[1], code
}

func TestStreamsApart(t *testing.T) {
	for script, want := range map[string]struct {
		out, errs string
		code      int
	}{
		`echo "out $KEY"; echo "err $KEY" >&2; exit 7`: {"out [redacted:api_key]\n", "err [redacted:api_key]\n", 7},
		`printf %s "$KEY"`:                                                             {"[redacted:api_key]", "", 0},
		`printf %s "$KEY" | head -c 10; printf x`:                                      {planted[:10] + "x", "", 0},
		`printf %s "$KEY" | head -c 20; kill -9 $$`:                                    {planted[:20], "", 128 + 9},
		`test -p /dev/stdout && test -p /dev/stderr && ! test -t 0 && echo all`:        {"all\n", "", 0},
		`printf 'a\000\377\n'; printf 'b\r\n'`:                                         {"a\x00\xff\nb\r\n", "", 0},
		`exec 1>&-; echo "$KEY" >&2`:                                                   {"", "[redacted:api_key]\n", 0},
		`for i in 1 2 3 4 5 6 7 8 9; do printf %s "$KEY" | cut -c$i | tr -d '\n';done`: {"[redacted:api_key]"[:0] + planted[:9], "", 0},
	} {
		out, errs, code := toFiles(t, script)
		if out != want.out || errs != want.errs || code != want.code {
			t.Errorf("%s: %q, %q, %d; want %q, %q, %d", script, out, errs, code, want.out, want.errs, want.code)
		}
	}
}

// 2>&1 stays in order, in a file and in a pipe.
func TestStreamsInOrder(t *testing.T) {
	const script = `i=0; while [ $i -lt 300 ]; do echo $i; echo $i >&2; i=$((i+1)); done; echo "$KEY" >&2`
	var want strings.Builder
	for i := range 300 {
		fmt.Fprintf(&want, "%d\n%d\n", i, i)
	}
	want.WriteString("[redacted:api_key]\n")
	cmd := masking(script)
	out, err := cmd.CombinedOutput()
	if string(out) != want.String() || err != nil {
		t.Errorf("2>&1 into a pipe: %q, %v; want each number twice", out, err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	must(t, err)
	cmd = masking(script)
	cmd.Stdout, cmd.Stderr = f, f
	within(t, cmd)
	if out, err := os.ReadFile(f.Name()); string(out) != want.String() || err != nil {
		t.Errorf("2>&1 into a file: %q, %v; want each number twice", out, err)
	}
}

// Those that the worker leaves behind are not waited for, and what it wrote itself is all there.
func TestStreamsLeftBehind(t *testing.T) {
	out, _, code := toFiles(t, `sleep 60 & head -c 60000 /dev/zero; echo "$KEY"; printf end`)
	if n := strings.Count(out, "\x00"); n != 60000 || !strings.HasSuffix(out, "[redacted:api_key]\nend") || code != 0 {
		t.Errorf("%d of 60000 bytes, status %d; want all, the mask and the end", n, code)
	}
}

// lateReader starts a script, and returns its output when that has made the file $1.
func lateReader(t *testing.T, script string) *os.File {
	t.Helper()
	over := filepath.Join(t.TempDir(), "over")
	cmd := masking(script, over)
	r, w, err := os.Pipe()
	must(t, err)
	cmd.Stdout = w
	must(t, cmd.Start())
	t.Cleanup(func() { _ = r.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_ = w.Close()
	for end := time.Now().Add(enough); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(over); err == nil {
			return r
		}
		if time.Now().After(end) {
			t.Fatal("the worker does not end")
		}
	}
}

// What is on its way when the worker ends comes through, however late it is read.
func TestStreamsReadLate(t *testing.T) {
	r := lateReader(t, `head -c 125000 /dev/zero; echo "$KEY"; : >"$1"`)
	_ = r.SetReadDeadline(time.Now().Add(enough))
	out, err := io.ReadAll(r)
	if n := bytes.Count(out, []byte{0}); n != 125000 || !bytes.HasSuffix(out, []byte("[redacted:api_key]\n")) || err != nil {
		t.Errorf("read late: %d of 125000 bytes, %v; want all, and the mask", n, err)
	}
}

// Those that go on writing are not waited for either, also when our reader is slow.
func TestStreamsLoudLeftBehind(t *testing.T) {
	r := lateReader(t, `for i in 1 2 3 4; do (exec yes) & done; : >"$1"`)
	n, buf := 0, make([]byte, 8<<10)
	for n < 2<<20 {
		got, err := r.Read(buf)
		if n += got; err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("others go on writing: %d bytes after the worker's end, want few", n)
}

// Who reads the worker sees its end when the worker closes it.
func TestStreamsClosedEarly(t *testing.T) {
	cmd := masking(`echo "$KEY"; exec 1>&- 2>&-; read line`)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	r, w, err := os.Pipe()
	must(t, err)
	cmd.Stdout = w
	must(t, cmd.Start())
	_ = w.Close()
	_ = r.SetReadDeadline(time.Now().Add(enough))
	out, err := io.ReadAll(r) // ends only if our end is closed, while the worker goes on
	if string(out) != "[redacted:api_key]\n" || err != nil {
		t.Errorf("worker that closes its output: %q, %v; want the line and the end", out, err)
	}
	_ = stdin.Close()
	_ = cmd.Wait()
}

// A reader that goes away ends the worker by SIGPIPE, as without us.
func TestStreamsNobodyReads(t *testing.T) {
	for _, script := range []string{`exec yes`, `exec yes "$KEY"`} {
		cmd := masking(script)
		r, w, err := os.Pipe()
		must(t, err)
		cmd.Stdout = w
		must(t, cmd.Start())
		_ = w.Close()
		line, err := bufio.NewReader(r).ReadString('\n')
		_ = r.Close()
		alarm := time.AfterFunc(enough, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		alarm.Stop()
		if code := cmd.ProcessState.ExitCode(); code != 128+13 || err != nil {
			t.Errorf("%s | head -1: %q, %v, status %d; want 141", script, line, err, code)
		}
	}
}

// What is shown without a newline is shown at once.
func TestStreamsPrompt(t *testing.T) {
	cmd := masking(`printf 'name: '; read name; printf 'hello %s' "$name"`)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	alarm := time.AfterFunc(enough, func() { _ = cmd.Process.Kill() })
	defer alarm.Stop()
	prompt := make([]byte, len("name: "))
	if _, err := io.ReadFull(stdout, prompt); string(prompt) != "name: " || err != nil {
		t.Errorf("prompt: %q, %v", prompt, err)
	}
	_, _ = io.WriteString(stdin, "ana\n")
	rest, _ := io.ReadAll(stdout)
	if _ = cmd.Wait(); string(rest) != "hello ana" {
		t.Errorf("then %q, want %q", rest, "hello ana")
	}
}

// Many bytes, and not one is lost, though somebody else holds the pipe.
func TestStreamsMany(t *testing.T) {
	size := 256 << 20
	if testing.Short() {
		size = 8 << 20
	}
	block := bytes.Repeat([]byte("0123456789abcdef sk-plante "), 1<<15)
	file := filepath.Join(t.TempDir(), "block")
	must(t, os.WriteFile(file, block, 0o600))
	n := size / len(block)
	cmd := masking(fmt.Sprintf(`sleep 60 & i=0; while [ $i -lt %d ]; do cat "$1"; i=$((i+1)); done`, n), file)
	r, w, err := os.Pipe()
	must(t, err)
	cmd.Stdout = w
	must(t, cmd.Start())
	_ = w.Close()
	got, want := sha256.New(), sha256.New()
	read, err := io.Copy(got, r)
	_ = cmd.Wait()
	for range n {
		want.Write(block)
	}
	if read != int64(n*len(block)) || err != nil || !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
		t.Errorf("%d bytes, %v; want %d, unchanged", read, err, n*len(block))
	}
}
