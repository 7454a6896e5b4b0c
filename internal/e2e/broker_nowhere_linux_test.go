package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// processes calls do with argv and environment of each process, where they can be read.
func processes(do func(pid, what string, text []byte)) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		if e.Name()[0] < '0' || e.Name()[0] > '9' {
			continue
		}
		for _, what := range []string{"cmdline", "environ"} {
			if text, err := os.ReadFile("/proc/" + e.Name() + "/" + what); err == nil {
				do(e.Name(), what, text)
			}
		}
	}
}

// waitNobody waits until no process has text in its argv.
func waitNobody(t testing.TB, text string) {
	t.Helper()
	for until := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		who := ""
		processes(func(pid, what string, argv []byte) {
			if what == "cmdline" && bytes.Contains(argv, []byte(text)) {
				who = pid
			}
		})
		if who == "" {
			return
		}
		if time.Now().After(until) {
			t.Errorf("the process %s runs %s still, want it ended", who, text)
			return
		}
	}
}

// seen counts where a value stands: argv and environment of all processes, files below
// these folders but the given ones.
func seen(t *testing.T, value string, except map[string]bool, dirs ...string) (list []string) {
	t.Helper()
	forms := [][]byte{[]byte(value), []byte(hex.EncodeToString([]byte(value))), []byte(base64.StdEncoding.EncodeToString([]byte(value))[:len(value)/3*4])}
	look := func(where string, text []byte) {
		for _, form := range forms {
			if bytes.Contains(text, form) {
				list = append(list, where)
			}
		}
	}
	processes(func(pid, what string, text []byte) { look(pid+" "+what, text) })
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() && !except[e.Name()] {
				text, _ := os.ReadFile(path)
				look(path, text)
			}
			return nil
		})
	}
	return list
}

// While a broker holds a value, looks one up and tells of itself, the value is in no argv,
// environment or file, and in nothing that is said.
func TestBrokerNowhere(t *testing.T) {
	t.Parallel()
	p, dir, _ := corpPlace(t)
	value := fmt.Sprintf("sk-or-v1-%x", time.Now().UnixNano())
	if err := os.WriteFile(filepath.Join(dir, "version"), []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	d := p.dispatch()
	d.gets("before", "", valueOf("a")+"-"+value)
	d.do(fmt.Sprintf(`touch '%s/hold'; "$0" --profile b -- sh -c 'wc -c <&3' >'%[1]s/out' 2>'%[1]s/err' & until [ "$(wc -l <'%[1]s/calls')" = 2 ]; do sleep 0.01; done`, dir))
	except := map[string]bool{"version": true}
	folders := []string{filepath.Dir(p.wg), filepath.Dir(d.socket), dir}
	var said strings.Builder
	for range 2 {
		for _, args := range [][]string{{"broker", "status"}, {"broker", "status", "--json"}} {
			got := p.run("", args...)
			said.WriteString(got.stdout + got.stderr)
		}
	}
	if where := seen(t, value, except, folders...); len(where) > 0 {
		t.Errorf("during a lookup the value stands in %q, want nowhere", where)
	}
	if err := os.Remove(filepath.Join(dir, "hold")); err != nil {
		t.Fatal(err)
	}
	d.do("wait")
	if where := seen(t, value, except, folders...); len(where) > 0 {
		t.Errorf("after a lookup the value stands in %q, want nowhere", where)
	}
	got := p.run("", "broker", "forget")
	if said.WriteString(got.stdout + got.stderr); strings.Contains(said.String(), value) {
		t.Errorf("the broker's commands say %q, want it without the value", said.String())
	}
	// And it would be found, once the process that has it is there.
	d.do(fmt.Sprintf("export FOUND='%s'; sleep 60 & echo", value))
	var where []string
	for until := time.Now().Add(patience); len(where) != 2 && time.Now().Before(until); {
		where = seen(t, value, nil, folders...)
	}
	if len(where) != 2 {
		t.Errorf("a value in a file and in an environment is found in %q, want both", where)
	}
	d.do("kill $!")
}
