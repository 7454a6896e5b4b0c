//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

const brokerVariable = "WG_BROKER"

// below starts this program anew in a role, as the dispatcher of a broker that has looked
// up the source's profile, if it names one.
func below(o *options, w *world, s *source, role string, out io.Writer) error {
	w = w.at(s.home)
	argv := []string{"broker"}
	if s.profile != "" {
		argv = append(argv, "--profile", s.profile)
	}
	argv = append(argv, "--", w.bin("benchmark"), "-role", role, "-source", s.name, "-dir", o.dir, "-no-keyring", o.noKeyring,
		"-rounds", strconv.Itoa(o.rounds), "-warmup", strconv.Itoa(o.warmup), "-spawns", strconv.Itoa(o.spawns),
		"-at-once", strconv.Itoa(o.atOnce), "-secrets", strconv.Itoa(o.secrets))
	cmd := exec.Command(w.bin("wg-run"), argv...)
	cmd.Env, cmd.Stdout, cmd.Stderr = w.env, out, os.Stderr
	if s.locked {
		end, err := w.unlocks(cmd)
		if err != nil {
			return err
		}
		defer end()
	}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("measuring below a broker: %w", err)
	}
	return nil
}

// brokerStatus is what `wg-run broker status --json` says of a broker.
type brokerStatus struct {
	PID        int  `json:"pid"`
	Dispatcher int  `json:"dispatcher"`
	Entries    int  `json:"entries"`
	Lookups    int  `json:"lookups"`
	Hits       int  `json:"hits"`
	Locked     bool `json:"memory_locked"`
}

// ourBroker asks the broker of this process.
func (w *world) ourBroker() (s brokerStatus, err error) {
	text, err := w.output([]string{w.bin("wg-run"), "broker", "status", "--json"}, w.env)
	if err != nil {
		return s, fmt.Errorf("asking the broker: %w", err)
	}
	var all struct {
		Brokers []brokerStatus `json:"brokers"`
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return s, fmt.Errorf("asking the broker: %w", err)
	}
	for _, s = range all.Brokers {
		if s.Dispatcher == os.Getpid() {
			return s, nil
		}
	}
	return s, errors.New("asking the broker: there is none of this process")
}
