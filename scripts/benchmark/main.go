//go:build linux

// Command benchmark measures what a start through wg-run costs. scripts/bench
// builds it, gives it a temporary folder with the programs to measure, starts
// it below a private bus and removes everything afterwards. It measures whole
// processes only; where inside wg-run time goes is a profiler's to say.
//
// Whatever asks a broker has to descend from its dispatcher: for each part of the
// work it starts itself again, as that dispatcher, with -role.
package main

import (
	"flag"
	"fmt"
	"os"
)

// options are the flags; a role gets those of its caller.
type options struct {
	dir, noKeyring string
	rounds, warmup int
	spawns, atOnce int
	secrets        int
	mask           int // MiB
	role, source   string
	write          string
}

func main() {
	var o options
	var write bool
	var root string
	flag.IntVar(&o.rounds, "rounds", 300, "measured rounds; each starts every command once")
	flag.IntVar(&o.warmup, "warmup", 20, "rounds before that, not counted")
	flag.IntVar(&o.spawns, "spawns", 1000, "starts of each kind below a dispatcher, in whole blocks; 0 for none")
	flag.IntVar(&o.atOnce, "at-once", 8, "how many of these run at once, where not one")
	flag.IntVar(&o.secrets, "secrets", 1000, "secrets for the broker's memory; 0 for none")
	flag.IntVar(&o.mask, "mask", 512, "MiB that a worker prints through --mask; 0 for none")
	flag.BoolVar(&write, "write", false, "write the report into docs/ of the folder that -root names, too")
	flag.StringVar(&root, "root", "", "the project's folder (scripts/bench names it)")
	flag.StringVar(&o.dir, "dir", "", "folder that holds bin/ and takes all files (scripts/bench makes it)")
	flag.StringVar(&o.noKeyring, "no-keyring", "", "why the keyring cannot be measured")
	flag.StringVar(&o.role, "role", "", "what to do as a dispatcher (its own)")
	flag.StringVar(&o.source, "source", "", "the source of the role (its own)")
	flag.Usage = usage
	flag.Parse()
	if o.dir == "" || o.rounds < 1 || o.warmup < 0 || o.spawns < 0 || o.atOnce < 1 || o.secrets < 0 || o.mask < 0 || flag.NArg() > 0 {
		usage()
		os.Exit(2)
	}
	if write {
		o.write = root
	}
	do := bench
	if o.role != "" {
		do = roles[o.role]
	}
	if err := do(&o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: scripts/bench [-rounds N] [-warmup N] [-spawns N] [-at-once N] [-secrets N] [-mask MIB] [-write]")
}

// roles are what it does below a broker. Each prints what came of it.
var roles = map[string]func(*options) error{
	"starts": startsRole,
	"spawns": spawnsRole,
	"memory": memoryRole,
}

func bench(o *options) error {
	w := newWorld(o.dir)
	if err := w.makeFiles(o.secrets); err != nil {
		return fmt.Errorf("making the files to measure with: %w", err)
	}
	list := sources()
	for _, s := range list {
		if s.name == keyringSource && o.noKeyring != "" {
			s.missing = o.noKeyring
		} else if err := s.store(w.at(s.home)); err != nil {
			s.missing = err.Error()
		}
		if s.name == keyringSource {
			o.noKeyring = s.missing
		}
	}
	starts, err := role[[]figure](o, w, &source{home: mainHome, profile: "bench"}, "starts")
	if err != nil {
		return err
	}
	all := sorted(starts)
	if o.spawns > 0 {
		list, err := measureSpawns(o, w, list)
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	if o.mask > 0 {
		list, err := measureMasking(o, w)
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	if o.secrets > 0 {
		f, err := role[figure](o, w, &source{home: manyHome}, "memory")
		if err != nil {
			return err
		}
		all = append(all, f)
	}
	if o.write != "" {
		if err := write(o.write, o, starts, all); err != nil {
			return err
		}
	}
	if _, err := os.Stdout.WriteString(document(o, all)); err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}
	return nil
}

// startsRole measures single starts, of each command in turn.
func startsRole(o *options) error {
	w := newWorld(o.dir).at(mainHome)
	list := rows(w)
	findMissing(w, list, o.noKeyring)
	for _, r := range list {
		if err := r.prove(w); err != nil {
			return fmt.Errorf("trying %q once: %w", r.name, err)
		}
	}
	if err := measure(w, list, o.warmup, o.rounds); err != nil {
		return err
	}
	return tell(figures(list))
}
