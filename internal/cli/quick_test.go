package cli

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// byKong reads the line with kong alone.
func byKong(args []string) (runFlags, error) {
	var f runFlags
	k, err := kong.New(&f, kong.Name("wg-run"), lists(), kong.NoDefaultHelp())
	if err != nil {
		return f, err
	}
	_, err = k.Parse(args)
	return f, err
}

// FuzzQuick holds the quick reading and kong's together: what quick takes, kong
// takes, too, and both find the same.
func FuzzQuick(f *testing.F) {
	for _, seed := range []string{
		"--profile\nx", "--profile=x\n--ref\nop://a/b#/c", "--secret\na=b,c\n--secret=d=e", "--keep-env\nA\n--expand",
		"--explain\n--env\nX={fd},{path}", "--env=A=", "--isolate\n--no-isolate", "--isolate=true", "--no-no-isolate", "--profile", "--profile=", "--profile\n-x", "--expand=true", "--no-expand",
		"--profile\nx\n--profile\ny", "-h", "--via\nmemfd\nword", "--secret\n--ref", "--ref\n'a b'", "--ref\n@file", "--ref\n${x}",
		"--PROFILE\nx", "--keepenv\nx", "--profile\n\n--ref\nx", "--ref=~/x", "--env=\"a\"", "--env\na\\,b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args := strings.Split(line, "\n")
		var got runFlags
		if !utf8.ValidString(line) || !quick(&got, args) {
			return // kong replaces bytes that are no UTF-8, quick keeps them
		}
		want, err := byKong(args)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("quick(%q): got %+v, want kong's %+v, %v", args, got, want, err)
		}
	})
}

// TestQuickTakes checks that the lines which scripts and dispatchers write do
// not fall back to kong.
func TestQuickTakes(t *testing.T) {
	for _, line := range []string{
		"--profile x", "--profile=x --via memfd", "--ref keyring:a --secret b=op://c/d/e --secret=f=g", "--keep-env VAULT_TOKEN --expand",
		"--env A={fd} --explain", "--isolate --ref keyring:a", "--no-isolate", "--isolate --no-isolate",
	} {
		args := strings.Fields(line)
		var got runFlags
		if !quick(&got, args) {
			t.Errorf("quick(%q): got false, want true", args)
		}
		if want, err := byKong(args); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("quick(%q): got %+v, want kong's %+v, %v", args, got, want, err)
		}
	}
}
