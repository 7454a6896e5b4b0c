//go:build amd64 || arm64

package verify

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/testrig"
)

const canary = "wgcanaryQ7f3Zk9Lx2Vb8Nw4Tr6Ys1"

// trial is one run of a worker with a canary on descriptor 3.
type trial struct {
	channel string // pipe, where it is ""
	env     []string
	watch   string
	linger  time.Duration
	ctx     context.Context
	out     bytes.Buffer
	err     bytes.Buffer
}

// run runs argv and returns the report, whose texts it searches itself.
func (r *trial) run(t *testing.T, argv ...string) *Report {
	t.Helper()
	report, err := r.try(t, argv...)
	if err != nil {
		t.Fatalf("Run(%q): %v", argv, err)
	}
	return report
}

func (r *trial) try(t *testing.T, argv ...string) (*Report, error) {
	t.Helper()
	testrig.Need(t, argv[0])
	path, err := exec.LookPath(argv[0])
	if err != nil {
		t.Fatal(err)
	}
	return r.path(t, path, argv[1:]...)
}

// path runs a file.
func (r *trial) path(t *testing.T, path string, args ...string) (*Report, error) {
	t.Helper()
	argv := append([]string{path}, args...)
	channel, err := fdpass.Find(r.channel)
	if err != nil {
		t.Fatal(err)
	}
	file, err := channel.Open("api_key", []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	p := Program{Path: path, Argv: argv, Env: append(os.Environ(), r.env...), Files: []*os.File{null, os.Stdout, os.Stderr, file}}
	o := Options{Canaries: []Canary{{"api_key", []byte(canary), 3, channel.Name}}, Linger: r.linger, Stdout: &r.out, Stderr: &r.err}
	if r.watch != "" {
		o.Watch = []string{r.watch}
	}
	ctx, cancel := context.WithTimeout(t.Context(), testrig.Watchdog)
	defer cancel()
	if r.ctx != nil {
		ctx = r.ctx
	}
	report, err := Run(ctx, p, o)
	if report != nil {
		if text := fmt.Sprintf("%+v", *report.public()); strings.Contains(text, canary) {
			t.Errorf("Run(%q): the report holds the canary", argv)
		}
	}
	return report, err
}

// public is the report without what it does not show.
func (r *Report) public() *Report {
	return &Report{Verdict: r.Verdict, Worker: r.Worker, Secrets: r.Secrets, Leaks: r.Leaks, Processes: r.Processes, Execs: r.Execs, NotSeen: r.NotSeen, Notes: r.Notes}
}

// places are the leaks as "where: detail, form, program".
func (r *Report) places() []string {
	var list []string
	for _, l := range r.Leaks {
		list = append(list, strings.TrimSuffix(l.Where+": "+l.Detail+", "+l.Form, ", ")+", "+l.Program)
	}
	slices.Sort(list)
	return list
}

// compiled builds a C program.
func compiled(t *testing.T, source string, flags ...string) string {
	t.Helper()
	testrig.Need(t, "gcc")
	dir := t.TempDir()
	file, bin := filepath.Join(dir, "worker.c"), filepath.Join(dir, "worker")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", append([]string{"-O1", "-pthread", "-o", bin, file}, flags...)...).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return bin
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func keysOf(v any) string { return strings.Join(slices.Sorted(maps.Keys(v.(map[string]any))), " ") }
