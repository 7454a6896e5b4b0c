package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// vault is a manager that notes each call in calls and waits while there is a file hold;
// its value is what $1 says and what is in the file version, if there is one.
const vault = `#!/bin/sh
dir=$(dirname "$0")
echo "$1" >>"$dir/calls"
while [ -e "$dir/hold" ]; do sleep 0.01; done
printf '%s-%s' "$1" "$(cat "$dir/version" 2>/dev/null)"
`

// corpPlace is a place whose profiles a and b have secrets of such a manager, in a folder
// on PATH behind another one, which is empty.
func corpPlace(t testing.TB) (p *place, dir, before string) {
	t.Helper()
	dir, before = t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "corp-vault"), []byte(vault), 0o755); err != nil {
		t.Fatal(err)
	}
	p = brokered(t, map[string]string{
		"config.toml":     "[secrets]\ntimeout = \"5s\"\n[managers.corp]\nget = [\"corp-vault\", \"{path}\"]\n",
		"profiles/a.toml": profile("corp:"+valueOf("a"), "m"), "profiles/b.toml": profile("corp:"+valueOf("b"), "m"), "active-profile": "a\n",
	})
	p.env = append(p.env, "PATH="+before+":"+dir+":"+os.Getenv("PATH"))
	return p, dir, before
}

func called(t testing.TB, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// A thousand workers, eight at a time, cost one call of the store for each secret: one
// that was looked up before, and one that all of the first eight wait for.
func TestBrokerOneCall(t *testing.T) {
	t.Parallel()
	p, dir, _ := corpPlace(t)
	d := p.dispatch()
	const n = 1000
	got := d.do(fmt.Sprintf(`touch '%s/hold'; (sleep 0.5; rm '%[1]s/hold') &
		seq %d | xargs -P 8 -I N "$0" --profile b -- sh -c 'printf "%%s\n" "$(cat <&3)"'; seq %[3]d | xargs -P 8 -I N "$0" -- sh -c 'printf "%%s\n" "$(cat <&3)"'`, dir, n-n/4, n/4))
	if d.end(); got.code != 0 || got.stderr != "" {
		t.Errorf("%d workers = %d, %.300q; want silence", n, got.code, got.stderr)
	}
	for value, want := range map[string]int{valueOf("b") + "-\n": n - n/4, valueOf("a") + "-\n": n / 4} {
		if have := strings.Count(got.stdout, value); have != want {
			t.Errorf("%d workers have %.20q, want %d", have, value, want)
		}
	}
	if calls := called(t, dir); len(calls) != 2 || calls[0] == calls[1] {
		t.Errorf("the manager was called %d times, want once for each secret", len(calls))
	}
}

// What was called for a broker ends with it.
func TestBrokerEndsItsHelpers(t *testing.T) {
	t.Parallel()
	p, dir, _ := corpPlace(t)
	d := p.dispatch()
	d.do(fmt.Sprintf(`touch '%s/hold'; (exec "$0" --profile b -- true) & until [ "$(wc -l <'%[1]s/calls')" = 2 ]; do sleep 0.01; done; kill -9 $!`, dir))
	d.end()
	waitNobody(t, filepath.Join(dir, "corp-vault"))
}
