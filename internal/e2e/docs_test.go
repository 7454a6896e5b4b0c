package e2e

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

var (
	testFunc = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)`)
	quoted   = regexp.MustCompile("`([^`\n]+)`")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ (.+)$`)
)

// A test that a page names is there: what is said to be shown is.
func TestDocsNameTests(t *testing.T) {
	tests := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			tests[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for page, text := range pages(t) {
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			name, script, isScript := strings.Cut(m[1], "/")
			switch {
			case strings.HasPrefix(m[1], "promise"):
				script, isScript = m[1], true
			case !strings.HasPrefix(m[1], "Test") || strings.HasSuffix(m[1], "…"):
				continue
			case !tests[name]:
				t.Errorf("%s names the test %s, which is not there", page, name)
			}
			if named++; isScript {
				if _, err := os.Stat(filepath.Join(root, "testdata/script", script+".txtar")); err != nil {
					t.Errorf("%s names the script %s: %v", page, script, err)
				}
			}
		}
	}
	if named < 50 {
		t.Errorf("the pages name %d tests, want many: this looks in the wrong place", named)
	}
}

// A link within the pages leads somewhere, to a heading too.
func TestDocsLinks(t *testing.T) {
	all := pages(t)
	for page, text := range all {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(filepath.Join(root, target)); errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			} else if anchor != "" && !anchors(all[target])[anchor] {
				t.Errorf("%s links to %s, and that page has no such heading", page, m[1])
			}
		}
	}
}

// anchors are the names that headings are linked by.
func anchors(text string) map[string]bool {
	list := map[string]bool{}
	drop := regexp.MustCompile("[^a-z0-9 _-]")
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		list[strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")] = true
	}
	return list
}

// pages are the Markdown files, by their path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			name, _ := filepath.Rel(root, f)
			list[name] = string(text)
		}
	}
	return list
}
