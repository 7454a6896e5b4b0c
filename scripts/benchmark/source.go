//go:build linux

package main

import (
	"syscall"
	"time"
)

const keyringSource = "keyring"

// source is where a dispatcher's secret comes from.
type source struct {
	name, home, profile string
	// store puts the value there.
	store func(w *world) error
	// locked says that a passphrase is needed, which takes about a second: without a
	// broker there are few starts.
	locked bool
	// missing is why it could not be measured.
	missing string
}

func sources() []*source {
	return []*source{
		{name: "age", home: mainHome, profile: "age", store: storeInAge},
		{name: "age, identity behind a passphrase", home: lockedHome, profile: "age", store: storeInLockedAge, locked: true},
		{name: "pass", home: mainHome, profile: "pass", store: storeInPass},
		{name: keyringSource, home: mainHome, profile: "keyring", store: storeInKeyring},
	}
}

func sourceOf(name string) *source {
	for _, s := range sources() {
		if s.name == name {
			return s
		}
	}
	panic("no source " + name)
}

// lockedStarts is how often a locked source is started from without a broker.
const lockedStarts = 3

// startLocked starts a command with the passphrase, and returns how long each took.
func startLocked(r *row, attr *syscall.ProcAttr) ([]time.Duration, error) {
	var walls []time.Duration
	for range lockedStarts {
		pipe, err := passphrasePipe()
		if err != nil {
			return nil, err
		}
		with := r.with(attr)
		with.Env = append(with.Env[:len(with.Env):len(with.Env)], passphraseVariable)
		with.Files = append(with.Files[:len(with.Files):len(with.Files)], pipe.Fd())
		took, err := start(r.argv(worker), with)
		_ = pipe.Close()
		if err != nil {
			return nil, err
		}
		walls = append(walls, took)
	}
	return walls, nil
}
