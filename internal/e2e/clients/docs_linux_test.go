package clients

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/testrig"
)

var documented = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .* \\| `(wg-run [^`]+)` \\|$")

// TestDocumented runs the command that docs/clients.md has for each client, with something
// that takes any argument in the program's place: the line is one that wg-run and a shell accept.
func TestDocumented(t *testing.T) {
	bin, err := testrig.Binary()
	if err != nil {
		t.Fatalf("building wg-run: %v", err)
	}
	text, err := os.ReadFile("../../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for _, found := range documented.FindAllStringSubmatch(string(text), -1) {
		lines[found[1]] = found[2]
	}
	list, err := inject.Clients(nil)
	if err != nil || len(list) == 0 {
		t.Fatalf("Clients(nil) = %d rows, %v; want them all", len(list), err)
	}
	for _, row := range list {
		line := lines[row.Name]
		delete(lines, row.Name)
		before, worker, _ := strings.Cut(line, " -- ")
		if !strings.Contains(before, " --for "+row.Name) || !strings.Contains(before, " --ref keyring:") {
			t.Errorf("docs/clients.md, %s: %q; want a command with --ref and --for", row.Name, line)
			continue
		}
		c := &client{T: t, bin: bin, name: row.Name, dir: t.TempDir()}
		program, _, _ := strings.Cut(worker, " ")
		if err := os.WriteFile(filepath.Join(c.dir, program), []byte("#!/bin/sh\necho \"took $@\"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		c.env = []string{"PATH=" + c.dir + ":" + filepath.Dir(bin) + ":/usr/bin:/bin"}
		ref := regexp.MustCompile(`keyring:\S+`).ReplaceAllString(before, "file:"+c.file("secret", "k"))
		got := c.exec("sh", "-c", ref+" -- "+worker)
		if got.code != 0 || !strings.Contains(got.out, "took ") || strings.Contains(got.out, "warning: no word") {
			t.Errorf("docs/clients.md: %s = %d, %q; want the client to be started", line, got.code, got.out)
		}
	}
	for name, line := range lines {
		t.Errorf("docs/clients.md, %s: %s; there is no such client", name, line)
	}
}

// TestOwnRows tries the rows that docs/clients.md shows for config.toml, and formats that no
// row of ours has.
func TestOwnRows(t *testing.T) {
	testrig.Need(t, "curl", "npm")
	bin, err := testrig.Binary()
	if err != nil {
		t.Fatalf("building wg-run: %v", err)
	}
	text, err := os.ReadFile("../../../docs/clients.md")
	if err != nil {
		t.Fatal(err)
	}
	c := &client{T: t, bin: bin, dir: t.TempDir()}
	rows := ""
	for _, block := range regexp.MustCompile(`(?m)^    \[clients\..*\n(?:    .*\n)+`).FindAllString(string(text), -1) {
		rows += strings.ReplaceAll(block, "\n    ", "\n")
	}
	address := c.serve(behindBasic("me", right, http.HandlerFunc(greet)))
	c.config = strings.ReplaceAll(rows, "tracker.example.org", "127.0.0.1") + `
[clients.in-address]
programs = ["curl"]
args = ["--config", "{path}"]
format = 'url = "http://me:{value}@` + address + `/"'
escape = "url"
`
	c.name = "tracker"
	c.opens(right, wrong, greeting, "curl", "-sS", "--fail", "http://"+address+"/")
	c.name = "in-address"
	c.opens(right, wrong, greeting, "curl", "-sS", "--fail")
	c.name = "our-npm"
	got := c.deliver("token", nil, "sh", "-c", `cat "$NPM_CONFIG_USERCONFIG"`)
	if want := "//npm.example.org/:_authToken=\"token\"\n"; got.code != 0 || got.out != want {
		t.Errorf("--for our-npm = %d, %q; want %q", got.code, got.out, want)
	}
}
