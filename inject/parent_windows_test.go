package inject

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/resolve"
)

const value = "sk-never-to-be-seen-0123456789"

// TestMain is also the worker.
func TestMain(m *testing.M) {
	switch os.Getenv("testOnlyWorker") {
	case "reads":
		got, err := fdpass.Read(fdpass.MainName)
		if string(got) != value {
			fmt.Fprintf(os.Stderr, "Read = %d bytes, %v\n", len(got), err)
			os.Exit(1)
		}
		os.Exit(42)
	case "leaves":
		os.Exit(0)
	case "stays":
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

func TestStay(t *testing.T) {
	for _, c := range []struct {
		worker string
		stay   Stay
		want   int
		told   bool
	}{
		{"reads", Stay{}, 42, false},
		{"leaves", Stay{}, 0, true},
		{"leaves", Stay{RequireRead: true}, codeFailed, true},
		{"stays", Stay{Timeout: time.Second}, CodeTimedOut, true},
	} {
		req := Request{
			Secrets: []Want{{Name: fdpass.MainName, Ref: resolve.Ref{Scheme: "literal", Path: value}}},
			Argv:    []string{os.Args[0]}, Environ: os.Environ(), Env: []string{"testOnlyWorker=" + c.worker},
		}
		p, err := Prepare(context.Background(), &resolve.Resolver{}, req)
		if err != nil {
			t.Fatal(err)
		}
		told := false
		c.stay.Tell = func(error, bool) { told = true }
		got, err := p.Stay(c.stay)
		if err != nil || got != c.want || told != c.told {
			t.Errorf("%s: Stay(%+v) = %d, %v, told %v, want %d, told %v", c.worker, c.stay, got, err, told, c.want, c.told)
		}
		p.Close()
	}
}

func TestBatchLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"a b", "x&y|z", ""}, `cmd.exe /d /e:on /v:off /s /c ""C:\x y.cmd" "a b" "x&y|z" """`},
		{[]string{`"`}, ""}, {[]string{"100%"}, ""}, {[]string{"a\nb"}, ""}, {[]string{`dir\`}, ""},
	} {
		_, got, err := batchLine(`C:\x y.cmd`, c.args)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("batchLine(%q) = %s, %v, want %s", c.args, got, err, c.want)
		}
	}
}

func TestLookup(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"tool.exe", "script.cmd", "text.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATHEXT", ".EXE;.CMD")
	for _, c := range []struct {
		name, path, want string
		err              error
	}{
		{"tool", `relative;` + dir, "tool.exe", nil},
		{"script", dir, "script.cmd", nil},
		{"tool", ".", "", ErrNoWorker}, // not in the working folder
		{"none", dir, "", ErrNoWorker},
		{filepath.Join(dir, "tool"), "", "tool.exe", nil},
		{filepath.Join(dir, "none.exe"), "", "", ErrNoWorker},
	} {
		got, err := lookup(c.name, c.path)
		if c.want != "" && filepath.Base(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("lookup(%q, %q) = %q, %v, want %q, %v", c.name, c.path, got, err, c.want, c.err)
		}
	}
}
