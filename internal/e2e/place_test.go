//go:build unix

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// playRole, where the platform has it, plays a part of a test in another process.
var playRole func() bool

func TestMain(m *testing.M) {
	if playRole != nil && playRole() {
		return
	}
	testrig.Main(m)
}

const busVariable = "DBUS_SESSION_BUS_ADDRESS="

// place is a ~/.wg of its own, and whoever runs wg-run on it.
type place struct {
	t   testing.TB
	bin string
	wg  string
	env []string
	as  *syscall.Credential
}

// newPlace makes a home that holds these files below .wg, and no bus.
func newPlace(t testing.TB, files map[string]string, env ...string) *place {
	t.Helper()
	return placeIn(t, t.TempDir(), files, env...)
}

func placeIn(t testing.TB, dir string, files map[string]string, env ...string) *place {
	t.Helper()
	bin, err := testrig.Binary()
	if err != nil {
		t.Fatalf("building wg-run: %v", err)
	}
	p := &place{t: t, bin: bin, wg: filepath.Join(dir, ".wg")}
	p.env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}, env...)
	if !slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, busVariable) }) {
		p.env = append(p.env, busVariable+"unix:path="+dir+"/no-bus")
	}
	p.put(files)
	return p
}

// put writes files below .wg, which is made if there is one.
func (p *place) put(files map[string]string) {
	p.t.Helper()
	for name, text := range files {
		path := filepath.Join(p.wg, name)
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// result is how a command ended.
type result struct {
	code           int
	stdout, stderr string
}

// run runs wg-run to its end; one that hangs is killed and fails the test.
func (p *place) run(stdin string, args ...string) result {
	p.t.Helper()
	return p.exec(stdin, append([]string{p.bin}, args...)...)
}

func (p *place) exec(stdin string, argv ...string) result {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*testrig.Watchdog)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.env, strings.NewReader(stdin), &out, &errs
	cmd.Dir = "/"
	cmd.WaitDelay = testrig.Watchdog // what it leaves behind holds up nobody
	if p.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
	}
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || ctx.Err() != nil) {
		p.t.Errorf("%q: %v, %v, stderr %q; want it to end by itself", argv, err, ctx.Err(), &errs)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// must runs a command that is to succeed.
func (p *place) must(stdin string, args ...string) result {
	p.t.Helper()
	got := p.run(stdin, args...)
	if got.code != 0 {
		p.t.Errorf("wg-run %q = %d, %q; want 0", args, got.code, got.stderr)
	}
	return got
}

// listed are the names of the stored secrets.
func (p *place) listed() []string {
	p.t.Helper()
	var names []string
	for line := range strings.Lines(p.must("", "secret", "list").stdout) {
		names = append(names, strings.Fields(line)[0])
	}
	return names
}
