package resolve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// run runs a shell script as a job.
func (j job) run(t *testing.T, script string) ([]byte, error) {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	j.program, j.argv = sh, []string{"sh", "-c", script}
	ctx, cancel := context.WithTimeout(t.Context(), watchdog)
	defer cancel()
	return runManager(ctx, &Settings{Person: true}, j)
}

func TestJobInput(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 4<<20/16)
	if got, err := (job{input: big, max: len(big)}).run(t, "cat"); err != nil || !bytes.Equal(got, big) {
		t.Errorf("job with 4 MiB of input: cat = %d bytes, %v; want them", len(got), err)
	}
	if got, err := (job{input: big}).run(t, "cat"); !errors.Is(err, ErrTooBig) {
		t.Errorf("job with 4 MiB of input, default bound: cat = %d bytes, %v; want ErrTooBig", len(got), err)
	}
	if got, err := (job{input: big}).run(t, "echo unread"); err != nil || string(got) != "unread\n" {
		t.Errorf("job whose input is not read: got %q, %v; want its output", got, err)
	}
	if got, err := (job{input: []byte{}, asks: true}).run(t, "cat; echo end"); err != nil || string(got) != "end\n" {
		t.Errorf("job with empty input: got %q, %v; want its end at once", got, err)
	}
}

// A job that is alone has no terminal, also not one that a variable names.
func TestJobAlone(t *testing.T) {
	t.Setenv("GPG_TTY", os.DevNull)
	got, err := (job{alone: true, asks: true}).run(t, `cat; (: </dev/tty) 2>/dev/null && echo terminal; echo "$GPG_TTY $(cut -d' ' -f6 /proc/$$/stat) $$"`)
	var sid, pid int
	if n := bytes.Count(got, []byte(" ")); err != nil || n != 2 || got[0] != ' ' {
		t.Fatalf("job alone: got %q, %v; want no GPG_TTY, its session and its pid", got, err)
	}
	if _, err := fmt.Sscan(string(got), &sid, &pid); err != nil || sid != pid {
		t.Errorf("job alone: session %d, process %d (%v); want a session of its own", sid, pid, err)
	}
}

func TestJobTalk(t *testing.T) {
	if got, err := (job{talk: true}).run(t, "echo out; echo err >&2"); err != nil || string(got) != "out\nerr\n" {
		t.Errorf("job that talks = %q, %v; want both outputs", got, err)
	}
	_, err := (job{talk: true}).run(t, "echo out; echo err >&2; exit 5")
	if e, ok := errors.AsType[*exitError](err); !ok || e.code != 5 || e.stderr != "out\nerr\n" {
		t.Errorf("job that talks and fails = %v, want status 5 and both outputs", err)
	}
}
