package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// shown undoes what the manual's pages escape.
func shown(line string) string {
	line = strings.NewReplacer(`\-`, "-", `\(ti`, "~", `\(ha`, "^", `\(ga`, "`", `\(aq`, "'", `\(dq`, `"`, `\&`, "", `\e`, `\`).Replace(line)
	return regexp.MustCompile(`\\\[u([0-9A-F]+)\]`).ReplaceAllStringFunc(line, func(m string) string {
		r, _ := strconv.ParseInt(m[3:len(m)-1], 16, 32)
		return string(rune(r))
	})
}

// displays are the parts of a page that are shown as they stand: commands that a shell
// takes, each with the lines that continue it, and files.
func displays(t *testing.T, page string) (commands, files []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/man/" + page)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range regexp.MustCompile(`(?ms)^\.Bd -literal -offset 2n\n(.*?)^\.Ed`).FindAllStringSubmatch(string(text), -1) {
		text := shown(d[1])
		if !strings.HasPrefix(text, "$ ") {
			files = append(files, text)
			continue
		}
		for command := range strings.SplitSeq(strings.TrimPrefix(text, "$ "), "\n$ ") {
			commands = append(commands, command)
		}
	}
	return commands, files
}

// stores are the references of the examples, in whose place an entry of the plaintext store is
// tried.
var stores = regexp.MustCompile(`\b(?:keyring:|op:|pass:|file:)[a-z./-]+`)

// standIn takes any argument, and reads its secret.
const standIn = "#!/bin/sh\n[ -z \"$WG_API_KEY_FD\" ] || cat <&\"$WG_API_KEY_FD\" >/dev/null\necho \"took $*\"\n"

// manualPlace is a place in which the examples of the manual can be tried: with their
// profile, and something that takes any argument in the place of each program.
func manualPlace(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	p := newPlace(t, map[string]string{"config.toml": allowed, "secrets.toml": "version = 1\n\n[secrets]\nany = \"0123456789abcdef\"\njson = '{\"db\":{\"password\":\"abc\"}}'\n"},
		"XDG_RUNTIME_DIR="+dir)
	for _, program := range []string{"worker", "borg", "psql", "tool", "npm"} {
		if err := os.WriteFile(filepath.Join(dir, program), []byte(standIn), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p.env[0] = "PATH=" + dir + ":" + filepath.Dir(p.bin) + ":/usr/bin:/bin"
	return p
}

// TestManualExamples runs the commands of the manual in a shell. A value that would be asked
// for comes from standard input, and all stores are the plaintext one.
func TestManualExamples(t *testing.T) {
	t.Parallel()
	p := manualPlace(t)
	tried := 0
	for _, page := range []string{"wg-run.1", "wg-run-profile.5", "wg-run-refs.7"} {
		commands, files := displays(t, page)
		p.examples(page, files)
		for _, command := range commands {
			line := stores.ReplaceAllString(command, "plaintext:any")
			line = strings.ReplaceAll(line, "plaintext:any#/", "plaintext:json#/")
			line = regexp.MustCompile(`(?m)^(wg-run secret set .*)$`).ReplaceAllString(line, "echo 0123456789abcdef | $1 --from-stdin")
			line = strings.ReplaceAll(line, "--watch /tmp", "--watch "+p.wg)
			line = strings.ReplaceAll(line, "tee log", "cat")
			got := p.exec("", "sh", "-c", line)
			if got.code != 0 || strings.Contains(line, " -- ") && !strings.Contains(got.stdout+got.stderr, "took ") &&
				!strings.Contains(line, "--explain") && !strings.Contains(line, " bytes\"") {
				t.Errorf("%s: %s = %d, %q, %q; want 0, and the program started", page, command, got.code, got.stdout, got.stderr)
			}
			tried++
		}
	}
	if tried < 15 {
		t.Errorf("%d commands were found in the manual, want all", tried)
	}
}

// examples has wg-run read the files that a page shows.
func (p *place) examples(page string, files []string) {
	p.t.Helper()
	for _, text := range files {
		switch {
		case strings.Contains(text, "api_key_ref ="):
			p.put(map[string]string{"profiles/example.toml": text})
			if got := p.must("", "profile", "show", "example"); !strings.Contains(got.stdout, "keyring:openrouter") {
				p.t.Errorf("%s: its profile is shown as %q", page, got.stdout)
			}
		case strings.HasPrefix(text, "["):
			p.put(map[string]string{"config.toml": text})
			p.must("", "secret", "backend", "show")
			p.must("", "clients")
			if head, rest, ok := strings.Cut(text, "\n\n"); ok && head[:9] == "[secrets]" { // ours is another store
				text = rest
			}
			p.put(map[string]string{"config.toml": allowed + "\n" + text})
		}
	}
}

// TestManualFiles has wg-run make files of every kind, and looks for each in the section
// FILES of the manual.
func TestManualFiles(t *testing.T) {
	t.Parallel()
	testrig.Need(t, "git")
	p := manualPlace(t)
	p.put(map[string]string{
		"config.toml":       allowed + "[audit]\nenabled = true\n",
		"profiles/old.toml": "api_key_env = \"OLD_KEY\"\n",
	})
	p.env = append(p.env, "OLD_KEY=fedcba9876543210")
	p.must("", "secret", "backend", "set", "age")
	p.must("", "migrate")
	p.must("", "profile", "use", "old")
	p.must("", "--profile", "old", "--", "worker")
	if got := p.exec("", "git", "init", "-q", p.wg); got.code != 0 {
		t.Fatalf("git init: %q", got.stderr)
	}
	p.must("", "secret", "git-setup")
	text, err := os.ReadFile("../../docs/man/wg-run.1")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n.Sh FILES\n")
	section, _, _ = strings.Cut(section, "\n.Sh ")
	var known []string
	for _, item := range regexp.MustCompile(`(?m)^\.It Pa .*`).FindAllString(section, -1) {
		known = append(known, strings.Fields(strings.NewReplacer(" Pa ", " ", " , ", " ", "NAME", "*").Replace(item[3:]))...)
	}
	for _, file := range made(t, p.wg) {
		if !slices.ContainsFunc(known, func(pattern string) bool {
			ok, _ := filepath.Match(pattern, file)
			base, _ := filepath.Match(pattern, filepath.Base(file)) // of *.toml.bak
			return ok || base && strings.HasPrefix(pattern, "*")
		}) {
			t.Errorf("wg-run made %s, which wg-run(1) does not name: %q", file, known)
		}
	}
}

// made are the files below dir, but git's own.
func made(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.Name() == ".git" {
			return filepath.SkipDir
		}
		if err == nil && !e.IsDir() {
			files = append(files, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil || len(files) < 9 {
		t.Errorf("%s holds %q, %v; want what the commands made", dir, files, err)
	}
	return files
}
