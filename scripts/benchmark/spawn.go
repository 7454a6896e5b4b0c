//go:build linux

package main

import (
	"fmt"
	"slices"
	"syscall"
	"time"
)

// block is how many starts of one kind follow one another, before the next kind has its
// turn: noise hits all kinds alike.
const block = 50

// blocksOf is how many blocks make n starts, and how long each is.
func blocksOf(n int) (blocks, length int) {
	length = min(n, block)
	return (n + length - 1) / length, length
}

// kinds are how the same worker is started below a dispatcher.
var kinds = []string{"floor", "without", "broker"}

// spawned is what a dispatcher measured with so many workers at once: for each kind the
// time of a start, one figure for each block.
type spawned struct {
	AtOnce int
	Walls  map[string][]time.Duration
}

// spawnResult is what a dispatcher prints.
type spawnResult struct {
	Spawned []spawned
	Status  brokerStatus
}

// spawnsRole is the dispatcher: it does nothing but start workers and wait for them, in
// the same way for every kind.
func spawnsRole(o *options) error {
	s := sourceOf(o.source)
	w := newWorld(o.dir).at(s.home)
	rows := map[string]*row{"floor": floor(w), "without": profile(w, "without the broker", s.profile), "broker": profile(w, "through the broker", s.profile)}
	rows["broker"].env = w.belowBroker()
	for kind, r := range rows {
		if kind == "without" && s.locked {
			continue
		}
		if err := r.prove(w); err != nil {
			return fmt.Errorf("trying %q once: %w", r.name, err)
		}
	}
	var result spawnResult
	err := w.measuring(func(attr *syscall.ProcAttr) error {
		for _, atOnce := range []int{1, o.atOnce} {
			walls, err := spawnBlocks(s, rows, attr, o.spawns, atOnce)
			if err != nil {
				return err
			}
			result.Spawned = append(result.Spawned, spawned{atOnce, walls})
		}
		return nil
	})
	if err == nil {
		result.Status, err = w.ourBroker()
	}
	if err != nil {
		return err
	}
	return tell(result)
}

func spawnBlocks(s *source, rows map[string]*row, attr *syscall.ProcAttr, n, atOnce int) (walls map[string][]time.Duration, err error) {
	walls = map[string][]time.Duration{}
	blocks, length := blocksOf(n)
	order := slices.Clone(kinds)
	for i := range blocks + 1 { // the first one warms up
		// There and back: each follows each other one equally often.
		slices.Reverse(order)
		for _, kind := range order {
			if kind == "without" && s.locked {
				continue
			}
			took, err := spawn(rows[kind], attr, length, atOnce)
			if err != nil {
				return nil, fmt.Errorf("starting %s: %w", rows[kind].name, err)
			}
			if i > 0 {
				walls[kind] = append(walls[kind], took/time.Duration(length))
			}
		}
	}
	if s.locked && atOnce == 1 {
		walls["without"], err = startLocked(rows["without"], attr)
	}
	return walls, err
}

// spawn starts a command n times, so many at once, and returns when all have ended.
func spawn(r *row, attr *syscall.ProcAttr, n, atOnce int) (time.Duration, error) {
	argv, with := r.argv(worker), r.with(attr)
	began := time.Now()
	for started, ended := 0, 0; ended < n; {
		if started < n && started-ended < atOnce {
			if _, err := syscall.ForkExec(argv[0], argv, with); err != nil {
				return 0, err
			}
			started++
			continue
		}
		status, _, err := wait(-1)
		if err := failed(status, err); err != nil {
			return 0, err
		}
		ended++
	}
	return time.Since(began), nil
}
