//go:build linux

// Command benchmark measures what a start through wg-run costs. scripts/bench
// builds it, gives it a temporary folder with the programs to measure, starts
// it below a private bus and removes everything afterwards. It measures whole
// processes only; where inside wg-run time goes is a profiler's to say.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	rounds := flag.Int("rounds", 300, "measured rounds; each starts every command once")
	warmup := flag.Int("warmup", 20, "rounds before that, not counted")
	dir := flag.String("dir", "", "folder that holds bin/ and takes all files (scripts/bench makes it)")
	noKeyring := flag.String("no-keyring", "", "why the keyring cannot be measured")
	flag.Usage = usage
	flag.Parse()
	if *dir == "" || *rounds < 1 || *warmup < 0 || flag.NArg() > 0 {
		usage()
		os.Exit(2)
	}
	if err := bench(*dir, *noKeyring, *rounds, *warmup); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func usage() { fmt.Fprintln(os.Stderr, "usage: scripts/bench [-rounds N] [-warmup N]") }

func bench(dir, noKeyring string, rounds, warmup int) error {
	w, err := newWorld(dir)
	if err != nil {
		return fmt.Errorf("making the files to measure with: %w", err)
	}
	list := rows(w)
	if err := w.storeInAge(); err != nil {
		return err
	}
	if noKeyring != "" {
		find(list, keyringRow).missing = noKeyring
	} else if err := w.storeInKeyring(); err != nil {
		find(list, keyringRow).missing = err.Error()
	}
	for _, r := range list {
		if err := r.prove(w); err != nil {
			return fmt.Errorf("trying %q once: %w", r.name, err)
		}
	}
	if err := measure(w, list, warmup, rounds); err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString(table(list, rounds)); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	return nil
}
