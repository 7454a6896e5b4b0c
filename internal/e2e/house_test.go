package e2e

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/graphwork/wg-run"

// section is a part of CONTRIBUTING.md.
func section(t *testing.T, title string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, part, ok := strings.Cut(string(text), "\n## "+title+"\n")
	if !ok {
		t.Fatalf("CONTRIBUTING.md has no section %q", title)
	}
	part, _, _ = strings.Cut(part, "\n## ")
	return part
}

// The map names each package once, and nothing that is not there. What is in scripts/ and e2e/
// is named with its folder.
func TestMap(t *testing.T) {
	rooms := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^    (\S+)  `).FindAllStringSubmatch(section(t, "The house"), -1) {
		if rooms[m[1]] {
			t.Errorf("the map has %s twice", m[1])
		}
		if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
			t.Errorf("the map has %s: %v", m[1], err)
		}
		rooms[m[1]] = true
	}
	for path := range imports(t, "linux") {
		room := strings.TrimPrefix(path, module+"/") + "/"
		if path == module {
			room = "main.go"
		}
		if !rooms[room] && !strings.HasPrefix(room, "scripts/") && !strings.HasPrefix(room, "internal/e2e/") {
			t.Errorf("the map has no %s", room)
		}
	}
}

// shared are for all, and know of none but one another.
var shared = []string{"internal/hint", "internal/names", "internal/safefile", "internal/tomlfile"}

// Imports run as the table says, on every platform: each that is there is allowed, and each
// that is allowed is there somewhere.
func TestImports(t *testing.T) {
	allowed := map[string][]string{"": {"inject", "internal/cli"}}
	for _, room := range shared {
		allowed[room] = nil
	}
	for line := range strings.Lines(section(t, "The house")) {
		rooms, theirs, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !ok || !strings.HasPrefix(rooms, "`") {
			continue
		}
		var list []string
		for _, m := range quoted.FindAllStringSubmatch(theirs, -1) {
			list = append(list, m[1])
		}
		for _, m := range quoted.FindAllStringSubmatch(rooms, -1) {
			allowed[m[1]] = list
		}
	}
	used := map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		for path, list := range imports(t, system) {
			room := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
			if strings.HasPrefix(room, "scripts/") || strings.HasPrefix(room, "internal/e2e") || room == "internal/testrig" {
				continue
			}
			may, named := allowed[room]
			if !named {
				t.Errorf("%s: nothing says what it may import", room)
			}
			for _, other := range list {
				if strings.HasPrefix(other, "github.com/alecthomas/kong") && room != "internal/cli" {
					t.Errorf("%s: %s imports kong", system, room)
				}
				other, ours := strings.CutPrefix(other, module+"/")
				if !ours {
					continue
				}
				used[room+" "+other] = true
				if !slices.Contains(may, other) && !slices.Contains(shared, other) {
					t.Errorf("%s: %s imports %s, which CONTRIBUTING.md does not allow", system, room, other)
				}
			}
		}
	}
	for room, list := range allowed {
		for _, other := range list {
			if !used[room+" "+other] {
				t.Errorf("CONTRIBUTING.md has %s import %s, which it does not", room, other)
			}
		}
	}
}

// imports are those of each package, without its tests.
func imports(t *testing.T, system string) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"/...")
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	list := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		list[fields[0]] = fields[1:]
	}
	if len(list) < 10 {
		t.Fatalf("go list finds %d packages, want all", len(list))
	}
	return list
}

// The functions on the walk of a value are where the walk finds them.
func TestWalk(t *testing.T) {
	steps := regexp.MustCompile("(?m)^\\d+\\. `([^`]+)`: `([^`]+)`").FindAllStringSubmatch(section(t, "The walk of one value"), -1)
	if len(steps) != 10 {
		t.Errorf("the walk has %d steps, want 10", len(steps))
	}
	for _, step := range steps {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, step[1]), nil, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		if !slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
			fn, ok := d.(*ast.FuncDecl)
			return ok && fn.Name.Name == step[2]
		}) {
			t.Errorf("%s has no function %s", step[1], step[2])
		}
	}
}
