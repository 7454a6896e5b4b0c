//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// passphrase locks the identity of lockedHome.
const passphrase = "correct horse battery staple"

// A stores* puts the value where its source has it, in the world of that source.

func storeInAge(w *world) error {
	return w.steps("making an age store",
		step{argv: []string{w.bin("wg-run"), "secret", "backend", "set", "age"}},
		step{argv: []string{w.bin("wg-run"), "secret", "set", "bench", "--from-stdin"}, stdin: value})
}

func storeInLockedAge(w *world) error {
	return w.steps("making an age store whose identity has a passphrase",
		step{argv: []string{w.bin("wg-run"), "secret", "backend", "set", "age", "--passphrase"}, locked: true},
		step{argv: []string{w.bin("wg-run"), "secret", "set", "bench", "--from-stdin"}, stdin: value, locked: true})
}

// storeInPass makes a key without a passphrase, and a pass store.
func storeInPass(w *world) error {
	for _, tool := range []string{"pass", "gpg"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is not installed", tool)
		}
	}
	if err := os.MkdirAll(w.path("gpg"), 0o700); err != nil {
		return err
	}
	return w.steps("making a pass store",
		step{argv: []string{"gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key", "bench <bench@example.org>", "default", "default", "never"}},
		step{argv: []string{"pass", "init", "bench@example.org"}},
		step{argv: []string{"pass", "insert", "--multiline", "--force", "bench"}, stdin: value})
}

// storeInKeyring stores the value on the private bus. The daemon may not have
// taken its name there yet, so it tries for a while.
func storeInKeyring(w *world) (err error) {
	const tries, pause = 50, 100 * time.Millisecond
	for range tries {
		err = w.steps("storing a value in a private gnome-keyring",
			step{argv: []string{w.bin("wg-run"), "secret", "set", "bench", "--backend", "keyring", "--from-stdin"}, stdin: value})
		if err == nil {
			return nil
		}
		time.Sleep(pause)
	}
	return err
}

// step is one command of preparing.
type step struct {
	argv   []string
	stdin  string
	locked bool // it gets the passphrase
}

// steps runs them all. The error is one line.
func (w *world) steps(doing string, list ...step) error {
	for _, s := range list {
		cmd := exec.Command(s.argv[0], s.argv[1:]...)
		cmd.Env, cmd.Dir, cmd.Stdin = w.env, w.dir, strings.NewReader(s.stdin)
		if s.locked {
			end, err := w.unlocks(cmd)
			if err != nil {
				return err
			}
			defer end()
		}
		if said, err := cmd.CombinedOutput(); err != nil {
			first, _, _ := strings.Cut(string(said), "\n")
			return fmt.Errorf("%s: %s: %w: %s", doing, s.argv[0], err, first)
		}
	}
	return nil
}

// passphraseVariable says on which descriptor wg-run finds the passphrase.
const passphraseVariable = "WG_AGE_PASSPHRASE_FD=3"

// unlocks gives a command the passphrase on its descriptor 3, until end.
func (w *world) unlocks(cmd *exec.Cmd) (end func(), err error) {
	r, err := passphrasePipe()
	if err != nil {
		return nil, err
	}
	cmd.Env = append(w.env[:len(w.env):len(w.env)], passphraseVariable)
	cmd.ExtraFiles = []*os.File{r}
	return func() { _ = r.Close() }, nil
}

// passphrasePipe holds the passphrase, for one reader.
func passphrasePipe() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }()
	_, err = w.WriteString(passphrase)
	return r, err
}
