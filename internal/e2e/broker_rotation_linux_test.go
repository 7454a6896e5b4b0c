package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is stored, or removed, is what the next worker gets, or misses.
func TestBrokerRotation(t *testing.T) {
	eachStore(t, func(t *testing.T, p *place, scheme string) {
		p.env = append(p.env, "XDG_RUNTIME_DIR="+shortDir(t))
		p.put(map[string]string{"profiles/a.toml": profile(scheme+":a", "m"), "profiles/auto.toml": profile("auto:a", "m"), "active-profile": "a\n"})
		p.must(valueOf("first"), "secret", "set", "a", "--from-stdin")
		d, other := p.dispatch(), p.dispatch("--profile", "auto")
		for _, name := range []string{"first", "second", "third"} {
			p.must(valueOf(name), "secret", "set", "a", "--from-stdin")
			for range 2 {
				d.gets(name, "", valueOf(name))
				other.gets(name+", of another dispatcher", "", valueOf(name))
			}
			if got := d.worker("--profile auto"); got.code != 0 || got.stdout != valueOf(name) {
				t.Errorf("%s, by auto: = %d, %q, %q; want it", name, got.code, got.stdout, got.stderr)
			}
		}
		before := d.status()
		p.must("x", "secret", "set", "another", "--from-stdin")
		d.gets("another was stored", "", valueOf("third"))
		if now := d.status(); now.Lookups != before.Lookups {
			t.Errorf("after another secret was stored %d lookups were made, want none", now.Lookups-before.Lookups)
		}
		p.must("", "secret", "rm", "a", "--yes")
		d.fails("it was removed", "", "no such entry")
		other.fails("it was removed, of another dispatcher", "", "resolving ")
		p.must(valueOf("last"), "secret", "set", "a", "--from-stdin")
		d.gets("it was stored again", "", valueOf("last"))
	})
}

// What is written to ~/.wg changes nothing for a dispatcher that runs, until somebody says
// so: no profile, no active one, no setting, no manager.
func TestBrokerFrozen(t *testing.T) {
	t.Parallel()
	a, b := valueOf("a")+"-", valueOf("b")+"-"
	for doing, row := range map[string]struct {
		change func(p *place, dir string)
		want   string // after reload; "" where that fails
	}{
		"a profile": {func(p *place, _ string) {
			p.put(map[string]string{"profiles/a.toml": profile("corp:"+valueOf("b"), "m")})
		}, b},
		"the active one": {func(p *place, _ string) { p.put(map[string]string{"active-profile": "b\n"}) }, b},
		"a manager": {func(p *place, dir string) {
			p.put(map[string]string{"config.toml": "[managers.corp]\nget = [\"sh\", \"-c\", \"echo other\", \"{path}\"]\n"})
		}, "other"},
		"config.toml, to what is none": {func(p *place, _ string) { p.put(map[string]string{"config.toml": "[secrets\n"}) }, ""},
	} {
		t.Run(doing, func(t *testing.T) {
			t.Parallel()
			p, dir, _ := corpPlace(t)
			d := p.dispatch()
			row.change(p, dir)
			d.gets("held", "", a)
			if got := d.p.run("", "broker", "forget"); got.code != 0 {
				// The command has nothing to do with what is in ~/.wg.
				t.Errorf("broker forget = %d, %q; want 0", got.code, got.stderr)
			}
			d.gets("forgotten", "", a)
			d.gets("the other one", "--profile b", b)
			code := 0
			if row.want == "" {
				code = 1
			}
			if got := p.run("", "broker", "reload"); got.code != code {
				t.Errorf("broker reload = %d, %q; want %d", got.code, got.stderr, code)
			}
			if row.want == "" {
				d.gets("it could not be reloaded", "", a)
				return
			}
			d.gets("reloaded", "", row.want)
		})
	}
}

// A manager is the program that was found at the start: one that is planted before it on
// PATH is not used, and one that took its place is refused.
func TestBrokerManagerPlanted(t *testing.T) {
	t.Parallel()
	p, dir, before := corpPlace(t)
	d := p.dispatch()
	plant := func(path string) {
		t.Helper()
		if err := os.WriteFile(path+".new", []byte("#!/bin/sh\necho planted\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	plant(filepath.Join(before, "corp-vault"))
	plant(filepath.Join(before, "dirname")) // what the manager asks is found like that, too
	if os.Geteuid() != 0 {                  // to root every folder is writable
		d.gets("planted before it", "--profile b", valueOf("b")+"-")
	}
	_ = os.Remove(filepath.Join(before, "dirname"))
	p.must("", "broker", "forget")
	d.gets("planted before it, and forgotten", "--profile b", valueOf("b")+"-")
	p.must("", "broker", "forget")
	own := filepath.Join(dir, "corp-vault")
	old, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	plant(own)
	d.fails("in its place", "--profile b", "looking at the program corp-vault: its file is not what it was when the broker looked")
	if err := os.WriteFile(own, old, 0o755); err != nil {
		t.Fatal(err)
	}
	p.must("", "broker", "forget")
	d.fails("in its place, with what it held before", "--profile b", "its file is not what it was")
	_ = os.Remove(filepath.Join(before, "corp-vault"))
	p.must("", "broker", "reload")
	d.gets("after reload", "--profile b", valueOf("b")+"-")
	if calls := strings.Join(called(t, dir), " "); strings.Contains(calls, "planted") {
		t.Errorf("the manager was called as %q", calls)
	}
}
