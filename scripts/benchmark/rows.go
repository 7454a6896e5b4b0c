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
	floorRow     = "the smallest Go program that does it"
	plaintextRow = "wg-run, plaintext store"
	ageRow       = "wg-run, age store"
	brokerRow    = "wg-run, from a broker"
	keyringRow   = "wg-run, keyring"
)

// kind is what a row is there for.
type kind int

const (
	base kind = iota // to compare with
	peer             // what people use today
	ours
)

// row is one command and what was measured of it.
type row struct {
	name string
	kind kind
	// argv makes the command line that starts worker.
	argv func(worker ...string) []string
	env  []string
	// delivers says that the worker finds the value in $WG_API_KEY_FILE.
	delivers bool
	// needs is the program without which it cannot be measured, keyring says that it asks one.
	needs   string
	keyring bool
	// missing is why it could not be measured.
	missing string

	walls []time.Duration // one for each round
	rss   int64           // peak, KiB
}

// rows lists the commands in the order in which every round starts them. The
// keyring is last: its daemon may still be busy when its row has ended.
func rows(w *world) []*row {
	list := []*row{
		{name: bareRow, argv: behind()},
		floor(w),
		profile(w, plaintextRow, "bench"),
		{name: "wg-run, file:PATH", kind: ours, delivers: true, argv: behind(
			w.bin("wg-run"), "--ref", "file:"+w.path("value"), "--")},
		profile(w, ageRow, "age"),
		profile(w, brokerRow, "bench"),
		profile(w, keyringRow, "keyring"),
	}
	find(list, keyringRow).keyring = true
	list = append(peers(w), list...)
	for _, r := range list {
		r.env = w.env
	}
	find(list, brokerRow).env = w.belowBroker()
	return list
}

func behind(head ...string) func(...string) []string {
	return func(worker ...string) []string { return append(head[:len(head):len(head)], worker...) }
}

func floor(w *world) *row {
	return &row{name: floorRow, argv: behind(w.bin("floor"), value), env: w.env}
}

func profile(w *world, name, profile string) *row {
	return &row{name: name, kind: ours, delivers: true, argv: behind(w.bin("wg-run"), "--profile", profile, "--"), env: w.env}
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
	got, err := w.output(argv, r.env)
	if err != nil {
		return err
	}
	if got != want {
		return errors.New("the worker did not get what it should (not shown)")
	}
	return nil
}

func (w *world) output(argv, env []string) (string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = env, w.dir
	out, err := cmd.Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("%w: %s", err, e.Stderr)
	}
	return string(out), err
}
