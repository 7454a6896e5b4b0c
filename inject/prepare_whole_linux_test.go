package inject

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/resolve"
)

// All or nothing: whatever fails, and when, no descriptor stays open and every
// value that had been resolved is wiped.
func TestPrepareFailsWhole(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it would close what we forgot
	missing, err := new(resolve.Settings).ParseRef("file:" + filepath.Join(t.TempDir(), "nosuch"))
	must(t, err)
	for _, c := range []struct {
		call   string
		change func(*Request)
		opened int
		want   string
	}{
		{"the first is missing", func(r *Request) { r.Secrets[0].Ref = missing }, 0, "resolving file:"},
		{"the last is missing", func(r *Request) { r.Secrets[2].Ref = missing }, 2, "secret 'third': resolving file:"},
		{"the last cannot be opened", func(r *Request) { r.Secrets[2].Via = noneLeft }, 3, "secret 'third': making a pipe"},
		{"a template names none", func(r *Request) { r.Env = []string{"A={fourth.fd}"} }, 3, "setting 'A'"},
		{"an argument's names none", func(r *Request) { r.Argv, r.Expand = []string{"sh", "{wg:fourth.fd}"}, true }, 3, "expanding argument 1"},
		{"an argument is a secret", func(r *Request) { r.Argv = []string{"sh", "x" + secretOf("third")} }, 3, ErrLeak.Error()},
		{"HOME has one", func(r *Request) { r.Environ = append(r.Environ, "HOME=/"+secretOf("second")) }, 3, ErrLeak.Error()},
	} {
		values := spy(t)
		req := Request{
			Secrets: []Want{literal(t, "api_key", ""), literal(t, "second", "memfd"), literal(t, "third", "pipe")},
			Argv:    []string{"sh"}, Environ: []string{"PATH=" + os.Getenv("PATH")},
		}
		c.change(&req)
		before := descriptors(t)
		r, allow := forbidding(t, req.Secrets)
		p, err := Prepare(context.Background(), r, req)
		allow()
		if p != nil || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "value-of") {
			t.Errorf("%s: Prepare = %v, %v, want no plan and %q without a value", c.call, p, err, c.want)
		}
		if after := descriptors(t); !slices.Equal(after, before) {
			t.Errorf("%s: after Prepare the descriptors are %v, want %v as before", c.call, after, before)
		}
		checkWiped(t, c.call, *values, c.opened)
	}
}

// noneLeft, in place of the default channel's name, is a pipe that cannot be
// opened any more.
const noneLeft = ""

// forbidding is a resolver after whose answer for a noneLeft secret no file can
// be opened, until allow.
func forbidding(t *testing.T, secrets []Want) (r *resolve.Resolver, allow func()) {
	t.Helper()
	var limit unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	r, n := &resolve.Resolver{}, 0
	r.Trace = func(resolve.Step) {
		if n++; n == 3 && secrets[2].Via == noneLeft {
			_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: limit.Max})
		}
	}
	return r, func() { must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)) }
}

// Close ends a plan that is complete, and may be called again.
func TestPlanClose(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	values, before := spy(t), descriptors(t)
	p, err := Prepare(context.Background(), &resolve.Resolver{}, Request{
		Secrets: []Want{literal(t, "api_key", ""), literal(t, "second", "memfd")},
		Argv:    []string{"sh"}, Environ: []string{"PATH=" + os.Getenv("PATH")},
	})
	must(t, err)
	if open := descriptors(t); len(open) != len(before)+2 {
		t.Errorf("after Prepare the descriptors are %v, want two more than %v", open, before)
	}
	for _, v := range *values {
		if !strings.HasPrefix(string(v), "value-of-") {
			t.Errorf("after Prepare a value is %q, want it there", v)
		}
	}
	for range 2 {
		p.Close()
		if after := descriptors(t); !slices.Equal(after, before) {
			t.Errorf("after Close the descriptors are %v, want %v as before", after, before)
		}
	}
	checkWiped(t, "Close", *values, 2)
}

// spy keeps the slices that the channels are given; they do the work as ever.
func spy(t *testing.T) *[][]byte {
	t.Helper()
	values := new([][]byte)
	list := fdpass.Channels()
	saved := slices.Clone(list)
	t.Cleanup(func() { copy(list, saved) })
	for i, c := range saved {
		list[i].Open = func(label string, data []byte) (*os.File, error) {
			*values = append(*values, data)
			return c.Open(label, data)
		}
	}
	return values
}

func checkWiped(t *testing.T, call string, values [][]byte, want int) {
	t.Helper()
	if len(values) != want {
		t.Errorf("%s: %d values were opened, want %d", call, len(values), want)
	}
	for i, v := range values {
		if strings.Trim(string(v), "\x00") != "" || len(v) == 0 {
			t.Errorf("%s: value %d is %q afterwards, want zeros", call, i, v)
		}
	}
}

// descriptors lists this process's, but the one with which it looks.
func descriptors(t *testing.T) []string {
	t.Helper()
	const fds = "/proc/self/fd/"
	entries, err := os.ReadDir(fds)
	must(t, err)
	var list []string
	for _, e := range entries {
		if link, err := os.Readlink(fds + e.Name()); err == nil {
			list = append(list, e.Name()+" "+link)
		}
	}
	return list
}
