//go:build linux

package main

import (
	"errors"
	"fmt"
	"os/exec"
	"time"
)

// What is looked up by name.
const (
	bareRow      = "bare exec of /bin/true"
	floorRow     = "Go floor: pipe and exec in place"
	plaintextRow = "wg-run, plaintext store, profile"
	ageRow       = "wg-run, age store, profile"
	keyringRow   = "wg-run, keyring, profile"
)

// row is one command and what was measured of it.
type row struct {
	name string
	// argv makes the command line that starts worker.
	argv func(worker ...string) []string
	// delivers says that the worker finds the value in $WG_API_KEY_FILE.
	delivers bool
	// missing is why it could not be measured.
	missing string

	walls []time.Duration // one for each round
	rss   int64           // peak, KiB
}

// rows lists the commands in the order in which every round starts them. The
// keyring is last: its daemon may still be busy when its row has ended.
func rows(w *world) []*row {
	behind := func(head ...string) func(...string) []string {
		return func(worker ...string) []string { return append(head[:len(head):len(head)], worker...) }
	}
	return []*row{
		{name: bareRow, argv: behind()},
		{name: floorRow, argv: behind(w.bin("floor"), value)},
		{name: "sh: V=$(cat file), exported, exec", argv: behind("/bin/sh", "-c",
			`V=$(cat "$0"); export V; exec "$@"`, w.path("value"))},
		{name: plaintextRow, delivers: true, argv: behind(w.bin("wg-run"), "--profile", "bench", "--")},
		{name: "wg-run, file:PATH, --ref", delivers: true, argv: behind(
			w.bin("wg-run"), "--ref", "file:"+w.path("value"), "--")},
		{name: ageRow, delivers: true, argv: behind(w.bin("wg-run"), "--profile", "age", "--")},
		{name: keyringRow, delivers: true, argv: behind(w.bin("wg-run"), "--profile", "keyring", "--")},
	}
}

func find(list []*row, name string) *row {
	for _, r := range list {
		if r.name == name {
			return r
		}
	}
	panic("no row " + name)
}

// prove runs the command once where it can be looked at: a command that fails
// fast must not win.
func (r *row) prove(w *world) error {
	if r.missing != "" {
		return nil
	}
	argv, want := r.argv("/bin/echo", "started"), "started\n"
	if r.delivers {
		argv, want = r.argv("/bin/sh", "-c", `cat "$WG_API_KEY_FILE"`), value
	}
	got, err := w.output(argv)
	if err != nil {
		return err
	}
	if got != want {
		return errors.New("the worker did not get what it should (not shown)")
	}
	return nil
}

func (w *world) output(argv []string) (string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = w.env, w.dir
	out, err := cmd.Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("%w: %s", err, e.Stderr)
	}
	return string(out), err
}
