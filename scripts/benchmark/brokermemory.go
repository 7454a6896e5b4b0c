//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// memoryBudget is what a broker may take, MiB.
const memoryBudget = 16

// memoryRole has a broker look up many secrets, one for each start of a worker, and
// prints what memory it takes then.
func memoryRole(o *options) error {
	w := newWorld(o.dir).at(manyHome)
	err := w.measuring(func(attr *syscall.ProcAttr) error {
		for i := range o.secrets {
			r := profile(w, manyName(i), manyName(i))
			r.env = w.belowBroker()
			if _, err := start(r.argv(worker), r.with(attr)); err != nil {
				return fmt.Errorf("starting with the profile %s: %w", r.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s, err := w.ourBroker()
	if err != nil {
		return err
	}
	if s.Entries != o.secrets || s.Lookups != o.secrets {
		return fmt.Errorf("the broker holds %d secrets after %d lookups, and should hold %d", s.Entries, s.Lookups, o.secrets)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID))
	if err != nil {
		return fmt.Errorf("measuring the broker's memory: %w", err)
	}
	peak := statusMiB(text, "VmHWM")
	return tell(figure{Name: fmt.Sprintf("a broker with %d secrets of as many profiles", s.Entries), Kind: ours, MiB: peak,
		Budget: fmt.Sprintf("%s: %.1f MiB of %d, of which %.1f its own; locked: %t", verdict(peak <= memoryBudget), peak, memoryBudget, statusMiB(text, "RssAnon"), s.Locked)})
}

// statusMiB is a figure of /proc/PID/status, which are in KiB (proc_pid_status(5)).
func statusMiB(text []byte, name string) float64 {
	var kib float64
	if _, rest, ok := bytes.Cut(text, []byte("\n"+name+":")); ok {
		_, _ = fmt.Sscan(string(rest), &kib)
	}
	return kib / 1024
}
