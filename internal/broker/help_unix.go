//go:build unix

package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// helpers asks backends by processes of their own, in the environment of the broker's
// start.
func helpers(person bool, key *identityKey, cwd string) lookup {
	return func(ctx context.Context, q asked) Value {
		query := &Query{
			Home: q.policy.Home, Programs: q.policy.Programs, Profile: q.profile, Name: q.name,
			Quiet: q.quiet, Person: person, Files: map[string][]byte{},
		}
		for _, name := range []string{"config.toml", "profiles/" + q.profile + ".toml"} {
			if content, ok := q.policy.Files[name]; ok {
				query.Files[name] = content
			}
		}
		key.RLock() // it is not wiped while it is handed on
		defer key.RUnlock()
		v, err := help(ctx, query, helperEnviron(key.b != nil), cwd, key.b, q.into)
		if err != nil {
			v.Err = FailureOf(fmt.Errorf("looking it up: %w", err))
		}
		return v
	}
}

// identityKey is the identity of the age store, where there is one to hand on.
type identityKey struct {
	sync.RWMutex
	b []byte
}

// set replaces it by what lies in mem.
func (k *identityKey) set(b []byte, mem *pages) {
	k.Lock()
	defer k.Unlock()
	mem.give(k.b)
	k.b = b
}

// wipe is for the broker's end, for which no lookup is waited.
func (k *identityKey) wipe(mem *pages) {
	if k.TryLock() {
		defer k.Unlock()
		mem.give(k.b)
		k.b = nil
	}
}

// identityFD is where a helper finds the identity.
const identityFD = 3

func helperEnviron(identity bool) []string {
	var list []string
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case name == Variable, name == "WG_AGE_PASSPHRASE_FD", name == "WG_AGE_IDENTITY" && identity:
		case name == "PATH":
			list = append(list, "PATH="+oursLast(value))
		default:
			list = append(list, entry)
		}
	}
	if identity {
		list = append(list, fmt.Sprintf("WG_AGE_IDENTITY=file:/dev/fd/%d", identityFD))
	}
	return list
}

// help starts a helper, and ends it with all that it started when ctx ends.
func help(ctx context.Context, q *Query, environ []string, cwd string, identity []byte, into func(int) ([]byte, error)) (Value, error) {
	var v Value
	cmd := role(ctx, RoleLookup)
	cmd.Env, cmd.Dir = environ, cwd
	if _, err := os.Stat(cwd); err != nil { // the dispatcher's folder is gone by now
		cmd.Dir = "/"
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	in, out, key, err := startHelper(cmd, identity != nil)
	if err != nil {
		return v, err
	}
	defer func() { _, _ = out.Close(), key.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = out.Close() })
	defer stop()
	if err = alone(cmd.Process.Pid, out); err == nil {
		go func() {
			if key != nil {
				_, _ = key.Write(identity)
				_ = key.Close()
			}
		}()
		if err = q.write(in); err == nil {
			v = readAnswer(out, into)
		}
	}
	_ = in.Close()
	_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL) // what it started and left
	_ = cmd.Wait()
	if ctx.Err() != nil {
		return Value{}, errTime
	}
	return v, err
}

// startHelper starts it, and returns our ends of its pipes; the identity's is nil without one.
func startHelper(cmd *exec.Cmd, identity bool) (in, out, key *os.File, err error) {
	var inR, outW, keyR *os.File
	defer func() { // Close of a nil file does nothing
		_, _, _ = inR.Close(), outW.Close(), keyR.Close()
		if err != nil {
			_, _, _ = in.Close(), out.Close(), key.Close()
		}
	}()
	if inR, in, err = os.Pipe(); err != nil {
		return in, out, key, err
	}
	if out, outW, err = os.Pipe(); err != nil {
		return in, out, key, err
	}
	cmd.Stdin, cmd.Stdout = inR, outW
	if identity {
		if keyR, key, err = os.Pipe(); err != nil {
			return in, out, key, err
		}
		cmd.ExtraFiles = []*os.File{keyR}
	}
	return in, out, key, cmd.Start()
}

// alone waits until a helper has closed its memory, and reports who looks into it: a tracer
// that came before stays.
func alone(pid int, out io.Reader) error {
	b := make([]byte, 1)
	if _, err := io.ReadFull(out, b); err != nil || b[0] != closedMemory {
		return errors.New("it broke down before it began")
	}
	if tracerOf == nil {
		return nil
	}
	if tracer, err := tracerOf(pid); err != nil || tracer != 0 {
		return errors.New("another process traces what was to look it up")
	}
	return nil
}

var errTime = errors.New("no answer in time")
