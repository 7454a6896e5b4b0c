//go:build linux

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// figure is one line of the report; what is 0 there is nothing to say of.
type figure struct {
	Name        string
	Kind        kind
	MS          float64 // wall time, milliseconds
	Floor, Bare float64 // times the Go floor, times bare exec: medians of the ratios within each round
	MiB         float64 // peak resident set
	Budget      string  // what it may cost, and how it stands
	Missing     string  // why it was not measured
}

// role has a dispatcher below a broker measure, and returns what it found.
func role[T any](o *options, w *world, s *source, name string) (found T, err error) {
	var out bytes.Buffer
	if err := below(o, w, s, name, &out); err != nil {
		return found, err
	}
	if err := json.Unmarshal(out.Bytes(), &found); err != nil {
		return found, fmt.Errorf("reading what a dispatcher measured: %w", err)
	}
	return found, nil
}

// tell hands on what a role found.
func tell(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }

// document is the whole report, in Markdown.
func document(o *options, list []figure) string {
	var b strings.Builder
	b.WriteString("# What a start costs\n\nMade by `scripts/bench -write`; on your machine: `scripts/bench`.\n\n")
	fmt.Fprintf(&b, "%s, %d processors, Linux %s, %s, %s. Whole processes that hand one secret to `/bin/true`, each started once a round; medians of %d rounds. "+
		"The ratios are medians of those within a round, so that they hold where the times do not.\n\n", processor(), runtime.NumCPU(),
		firstLine("/proc/sys/kernel/osrelease"), runtime.Version(), time.Now().UTC().Format(time.DateOnly), o.rounds)
	b.WriteString("![Milliseconds from the start of the wrapper to the end of the worker](bench.svg)\n\n")
	b.WriteString("| | ms | × the floor | × bare exec | peak MiB | budget |\n| --- | ---: | ---: | ---: | ---: | --- |\n")
	for _, f := range list {
		b.WriteString(f.line())
	}
	b.WriteString(`
"The floor" is the smallest Go program that does the same by itself. The ratios move with the page cache: a program that was just linked starts up to 0.3 ms
slower than a copy of it. Starts below a broker are compared with the floor started in the same way, by the same dispatcher and as many at once; their milliseconds
are the time of all, divided by their number. "Budget" is what wg-run has set itself as a limit. In "sh:" a shell looks the secret up, exports it and executes the worker; envdir
and chpst put a file into the environment. All of these leave it in the worker's environment, for whatever the worker starts.
`)
	return b.String()
}

func (f figure) line() string {
	if f.Missing != "" {
		return fmt.Sprintf("| %s | | | | | not measured: %s |\n", f.Name, strings.ReplaceAll(f.Missing, "|", "/"))
	}
	number := func(format string, n float64) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprintf(format, n)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", f.Name,
		number("%.2f", f.MS), number("%.2f", f.Floor), number("%.2f", f.Bare), number("%.1f", f.MiB), f.Budget)
}

// sorted puts what is compared with first, then what people use, then wg-run, each by time.
func sorted(list []figure) []figure {
	slices.SortStableFunc(list, func(a, b figure) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.MS, b.MS))
	})
	return list
}

// write puts the report and its picture into docs/.
func write(root string, o *options, starts, all []figure) error {
	for name, text := range map[string]string{"bench.md": document(o, all), "bench.svg": picture(starts)} {
		if err := os.WriteFile(filepath.Join(root, "docs", name), []byte(text), 0o644); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	return nil
}
