package clients

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/testrig"
)

// The right secret has what formats trip over. It is no word of any other text.
const (
	right = `Right"\:#\${HOME}' %s=&ö`
	wrong = `Wrong"\:#\${HOME}' %s=&ö`
)

// watchdog ends what hangs; a program that has to start an interpreter may take long on a
// machine that is busy.
const watchdog = 3 * testrig.Watchdog

func TestMain(m *testing.M) {
	flag.Parse()
	_ = os.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin") // where servers are
	_ = flag.Set("test.parallel", "12")                         // they wait for programs more than they compute
	testrig.Main(m)
}

// trial does something with a client's real program that fails with a wrong secret.
type trial struct {
	// needs are the programs that it starts.
	needs []string
	run   func(c *client)
}

// TestClients runs every row of the table: one without a trial fails.
func TestClients(t *testing.T) {
	bin, err := testrig.Binary()
	if err != nil {
		t.Fatalf("building wg-run: %v", err)
	}
	list, err := inject.Clients(nil)
	if err != nil || len(list) == 0 {
		t.Fatalf("Clients(nil) = %d rows, %v; want them all", len(list), err)
	}
	for _, row := range list {
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			trial, ok := trials[row.Name]
			if !ok {
				t.Fatalf("--for %s is not tried with its program: write a trial", row.Name)
			}
			testrig.Need(t, trial.needs...)
			c := &client{T: t, bin: bin, name: row.Name, dir: t.TempDir()}
			trial.run(c)
			if c.failed == 0 {
				t.Errorf("--for %s: nothing was tried with a wrong secret", row.Name)
			}
		})
	}
}

// client is a row, and a folder to try it in.
type client struct {
	*testing.T
	bin, name, dir string
	// env is added to what every program here gets.
	env []string
	// config is more of its config.toml.
	config string
	failed int // how often a wrong secret failed
}

// result is how a command ended.
type result struct {
	code int
	out  string // both of its outputs
}

func (c *client) exec(name string, argv ...string) result {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), watchdog)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, argv...)
	cmd.Dir = c.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir, "LC_ALL=C.UTF-8", "USER=me"}, c.env...)
	// What it started ends with it, and holds nobody up.
	cmd.SysProcAttr, cmd.WaitDelay = apart(), testrig.Watchdog
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		c.Fatalf("starting %s: %v", name, err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String()}
}

// must prepares something, with a program that has to succeed.
func (c *client) must(name string, argv ...string) string {
	c.Helper()
	got := c.exec(name, argv...)
	if got.code != 0 {
		c.Fatalf("%s %q = %d, %q; want 0", name, argv, got.code, got.out)
	}
	return got.out
}

// file writes a file into the folder and returns its path.
func (c *client) file(name, text string) string {
	c.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.Fatal(err)
	}
	return path
}

// store writes a store with that secret, which keeps a last newline.
func (c *client) store(secret string) {
	c.Helper()
	if err := os.MkdirAll(filepath.Join(c.dir, ".wg"), 0o700); err != nil {
		c.Fatal(err)
	}
	c.file(".wg/config.toml", "[secrets]\nallow_plaintext = true\n"+c.config)
	c.file(".wg/secrets.toml", "version = 1\n[secrets]\nkey = "+strconv.Quote(secret)+"\n")
}

// deliver runs a worker with that secret and these flags of wg-run's.
func (c *client) deliver(secret string, flags []string, argv ...string) result {
	c.Helper()
	c.store(secret)
	line := append([]string{"--ref", "plaintext:key", "--for", c.name}, flags...)
	return c.exec(c.bin, append(append(line, "--"), argv...)...)
}

// opens wants the worker to succeed and to say want with the secret good, through each of
// the channels that the row is said to do with, and to fail with the other.
func (c *client) opens(good, bad, want string, argv ...string) {
	c.Helper()
	c.opensVia([]string{"", "memfd"}, good, bad, want, argv...)
}

func (c *client) opensVia(channels []string, good, bad, want string, argv ...string) {
	c.Helper()
	for _, via := range channels {
		var flags []string
		if via != "" {
			flags = []string{"--via", via}
		}
		if got := c.deliver(good, flags, argv...); got.code != 0 || !strings.Contains(got.out, want) {
			c.Errorf("--for %s %s -- %q with the right secret = %d, %q; want 0, %q", c.name, flags, argv, got.code, got.out, want)
		}
		got := c.deliver(bad, flags, argv...)
		if got.code == 0 || want != "" && strings.Contains(got.out, want) {
			c.Errorf("--for %s %s -- %q with a wrong secret = %d, %q; want a failure, without %q", c.name, flags, argv, got.code, got.out, want)
			continue
		}
		c.failed++
		c.Logf("--for %s %s -- %s, wrong secret: %d, %s", c.name, flags, argv[0], got.code, lastLine(got.out))
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return fmt.Sprintf("%.120q", lines[len(lines)-1])
}
