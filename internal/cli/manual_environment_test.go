package cli

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// indirect are the places in which a variable is read whose name comes from elsewhere:
// a reference, a row, a profile. They are no variables of wg-run's.
var indirect = []string{"resolve/env.go", "resolve/credentials_fd.go", "resolve/runmanager.go", "fdpass/read.go", "internal/cli/migrate_files.go", "internal/cli/traces.go"}

// TestManualEnvironment finds the variables that the sources read, and compares them with
// the section ENVIRONMENT of wg-run(1).
func TestManualEnvironment(t *testing.T) {
	page, err := os.ReadFile(manuals + "wg-run.1")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n.Sh ENVIRONMENT\n")
	section, _, _ = strings.Cut(section, "\n.Sh ")
	said := map[string]bool{}
	for _, item := range regexp.MustCompile(`(?m)^\.It Ev .*`).FindAllString(section, -1) {
		for name := range strings.FieldsSeq(strings.TrimPrefix(item, ".It")) {
			if name != "Ev" && name != "," {
				said[name] = true
			}
		}
	}
	read := variablesRead(t)
	for name, where := range read {
		if !said[name] {
			t.Errorf("%s reads the variable %s, which wg-run(1) does not say", where, name)
		}
		delete(said, name)
	}
	for name := range said {
		t.Errorf("wg-run(1) says that %s is read, and nothing reads it", name)
	}
}

// variablesRead are the variables that the program reads, each with a file that does.
func variablesRead(t *testing.T) map[string]string {
	t.Helper()
	read, constants := map[string]string{}, map[string]string{}
	var files []*ast.File
	var paths []string
	for _, dir := range []string{"internal/broker", "internal/cli", "internal/verify", "internal/safefile", "profiles", "resolve", "fdpass", "inject"} {
		err := filepath.WalkDir("../../"+dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			files, paths = append(files, file), append(paths, strings.TrimPrefix(path, "../../"))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		noteConstants(constants, file)
	}
	for i, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			name, ok := variableOf(n, constants)
			switch {
			case !ok:
			case name != "":
				read[name] = paths[i]
			case !slices.Contains(indirect, paths[i]):
				t.Errorf("%s reads a variable whose name the test cannot tell", paths[i])
			}
			return true
		})
	}
	return read
}

// noteConstants notes the constants that are texts, of all packages in one place: names
// of variables have one name everywhere.
func noteConstants(constants map[string]string, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		for i := 0; ok && i < len(spec.Values) && i < len(spec.Names); i++ {
			switch v := spec.Values[i].(type) {
			case *ast.BasicLit:
				constants[spec.Names[i].Name], _ = strconv.Unquote(v.Value)
			case *ast.SelectorExpr: // another package's
				constants[spec.Names[i].Name] = v.Sel.Name
			}
		}
		return true
	})
}

// valueOf is a constant's text, also where it is another constant's.
func valueOf(constants map[string]string, name string) string {
	value := constants[name]
	if of, ok := constants[value]; ok {
		return of
	}
	return value
}

// variableOf reports whether n reads a variable, and its name, "" where it is not known.
func variableOf(n ast.Node, constants map[string]string) (name string, ok bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	if p, ok := f.X.(*ast.Ident); !ok || p.Name != "os" {
		return "", false
	}
	switch f.Sel.Name {
	case "UserHomeDir":
		return "HOME", true
	case "Getenv", "LookupEnv":
	default:
		return "", false
	}
	switch arg := call.Args[0].(type) {
	case *ast.BasicLit:
		name, _ = strconv.Unquote(arg.Value)
	case *ast.Ident:
		name = valueOf(constants, arg.Name)
	case *ast.SelectorExpr:
		name = valueOf(constants, arg.Sel.Name)
	}
	return name, true
}
