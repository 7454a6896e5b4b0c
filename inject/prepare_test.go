//go:build unix

package inject

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/resolve"
)

// secretOf is the value of the secret of that name, long enough to be looked
// for inside other text.
func secretOf(name string) string { return "value-of-" + name + "-0123456789" }

func literal(t testing.TB, name, via string) Want {
	t.Helper()
	ref, err := new(resolve.Settings).ParseRef("literal:" + secretOf(name))
	if err != nil {
		t.Fatal(err)
	}
	return Want{Name: name, Ref: ref, Via: via}
}

// asked is a resolver, and counts how often a backend was asked and answered.
func asked() (r *resolve.Resolver, said, answered *int) {
	r, said, answered = &resolve.Resolver{}, new(int), new(int)
	r.Say = func(string) { *said++ } // literal: speaks before it answers
	r.Trace = func(resolve.Step) { *answered++ }
	return r, said, answered
}

// What can be refused without a secret is, before any backend is asked.
func TestPrepareRefusesFirst(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "text"), nil, 0o600))
	for _, c := range []struct {
		call   string
		change func(*Request)
		want   string
	}{
		{"nothing wrong", func(*Request) {}, ""},
		{"no worker", func(r *Request) { r.Argv = nil }, "none was given"},
		{"an empty worker", func(r *Request) { r.Argv = []string{""} }, "none was given"},
		{"no such worker", func(r *Request) { r.Argv = []string{dir + "/nosuch"} }, ErrNoWorker.Error()},
		{"no such worker in PATH", func(r *Request) { r.Argv, r.Environ = []string{"sh"}, []string{"PATH=" + dir} }, ErrNoWorker.Error()},
		{"a PATH of its own", func(r *Request) { r.Argv, r.Env = []string{"sh"}, []string{"PATH=" + dir} }, ErrNoWorker.Error()},
		{"not executable", func(r *Request) { r.Argv = []string{dir + "/text"} }, ErrNotExecutable.Error()},
		{"a folder", func(r *Request) { r.Argv = []string{dir} }, ErrNotExecutable.Error()},
		{"not allowed", func(r *Request) { r.Allow = []string{"env", dir + "/sh"} }, "does not allow"},
		{"no secret", func(r *Request) { r.Secrets = nil }, "no secret to deliver"},
		{"a bad name", func(r *Request) { r.Secrets[1].Name = "a/b" }, "a name is"},
		{"no name", func(r *Request) { r.Secrets[0].Name = "" }, "a name is"},
		{"no such channel", func(r *Request) { r.Secrets[1].Via = "tube" }, "no such channel"},
		{"an extra variable without =", func(r *Request) { r.Env = []string{"A=1", "B"} }, "setting variable 2 of [env] and --env"},
		{"an extra variable of no name", func(r *Request) { r.Env = []string{"=1"} }, "setting variable 1 of [env] and --env"},
		{"an extra variable of a bad name", func(r *Request) { r.Env = []string{"A-B=1"} }, "setting variable 1 of [env] and --env"},
		{"our variable", func(r *Request) { r.Env = []string{"WG_API_KEY_FD={fd}"} }, "WG_API_KEY_FD: wg-run itself sets it"},
		{"our other variable", func(r *Request) { r.Env = []string{"WG_GITHUB_FILE=x"} }, "WG_GITHUB_FILE: wg-run itself sets it"},
		{"its client's variable", func(r *Request) {
			r.Secrets[0].Via, r.Client = "env:KEY", &Client{Name: "x", Env: map[string]string{"KEY": "1"}}
		}, "the variable KEY is set by [env], --env or --for, too"},
		{"a line without its client's word", func(r *Request) {
			r.Client = &Client{Name: "x", Args: []string{"--password-stdin"}, Place: "after login"}
		}, "the worker's line has no 'login'"},
		{"a variable beside ours", func(r *Request) { r.Env = []string{"WG_API_KEY=1", "WG_OTHER_FD=1"} }, ""},
	} {
		r, said, answered := asked()
		req := Request{
			Secrets: []Want{literal(t, "api_key", ""), literal(t, "github", "memfd")},
			Argv:    []string{"sh"}, Environ: []string{"PATH=" + os.Getenv("PATH")},
		}
		c.change(&req)
		p, err := Prepare(context.Background(), r, req)
		if p != nil {
			p.Close()
		}
		times := 0
		if c.want == "" {
			times = 2
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || (p == nil) != (err != nil) {
			t.Errorf("%s: Prepare = %v, want %q", c.call, err, c.want)
		}
		if *said != times || *answered != times {
			t.Errorf("%s: Prepare asked backends %d times and got %d answers, want %d", c.call, *said, *answered, times)
		}
	}
}

func TestPrepareNamesCollide(t *testing.T) {
	for _, c := range []struct {
		names string
		want  string
	}{
		{"api_key github", ""}, {"git_hub github", ""}, {"api_key api_key2 key", ""},
		{"api_key api_key", "WG_API_KEY_FD"}, {"api_key api-key", "WG_API_KEY_FD"}, {"API.Key api_key", "WG_API_KEY_FD"},
		{"git-hub x git.hub", "WG_GIT_HUB_FD"}, {"a A", "WG_A_FD"},
	} {
		r, said, _ := asked()
		req := Request{Argv: []string{"sh"}, Environ: []string{"PATH=" + os.Getenv("PATH")}}
		for _, name := range strings.Fields(c.names) {
			req.Secrets = append(req.Secrets, literal(t, name, ""))
		}
		p, err := Prepare(context.Background(), r, req)
		if p != nil {
			p.Close()
		}
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || *said != 0) {
			t.Errorf("Prepare(%s) = %v after %d backends were asked, want %q", c.names, err, *said, c.want)
		}
	}
}
