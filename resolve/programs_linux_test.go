package resolve

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program that was found counts as long as it is what it was.
func TestProgramsPinned(t *testing.T) {
	write := func(path, text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		change func(dir string)
		want   string // in the error; "" for none
	}{
		"as it was":       {func(string) {}, ""},
		"another earlier": {func(dir string) { write(dir+"/first/pass", "#!/bin/sh\necho planted\n") }, ""},
		"edited":          {func(dir string) { write(dir+"/bin/pass", "#!/bin/sh\necho planted\n") }, "is not what it was"},
		"replaced": {func(dir string) {
			write(dir+"/other", "#!/bin/sh\necho value\n")
			_ = os.Rename(dir+"/other", dir+"/bin/pass")
		}, "is not what it was"},
		"removed":             {func(dir string) { _ = os.Remove(dir + "/bin/pass") }, "is not what it was"},
		"now others may edit": {func(dir string) { _ = os.Chmod(dir+"/bin/pass", 0o777) }, "is not what it was"},
		"another folder": {func(dir string) {
			_ = os.Rename(dir+"/bin", dir+"/old")
			write(dir+"/bin/pass", "#!/bin/sh\necho value\n")
		}, "is not what it was"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(dir+"/bin/pass", "#!/bin/sh\necho value\n")
			t.Setenv("PATH", dir+"/first:"+dir+"/bin:/usr/bin:/bin")
			s := &Settings{}
			s.Programs = s.FindPrograms([]Ref{{Scheme: "pass", Path: "a"}, {Scheme: "pass", Path: "b"}})
			if len(s.Programs) != 1 || !strings.HasSuffix(s.Programs["pass"], " "+dir+"/bin/pass") {
				t.Fatalf("FindPrograms(pass:a) = %q, want pass", s.Programs)
			}
			c.change(dir)
			secret, err := (&Resolver{Settings: *s}).Resolve(t.Context(), Ref{Scheme: "pass", Path: "a"})
			if c.want == "" && (err != nil || string(secret.Bytes()) != "value") || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("Resolve(pass:a) = %v, %v; want %q", secret, err, c.want)
			}
		})
	}
}

// What was not there is not started when it is there later.
func TestProgramsAbsent(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	s := &Settings{}
	s.Programs = s.FindPrograms([]Ref{{Scheme: "op", Path: "//v/i/f"}, {Scheme: "age", Path: "x"}, {Scheme: "keyring", Path: "x"}})
	if want := map[string]string{"op": "", "age": ""}; len(s.Programs) != len(want) || s.Programs["op"] != "" {
		t.Errorf("FindPrograms(op, age, keyring) = %q, want %q", s.Programs, want)
	}
	if err := os.WriteFile(dir+"/op", []byte("#!/bin/sh\necho planted\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := (&Resolver{Settings: *s}).Resolve(t.Context(), Ref{Scheme: "op", Path: "//v/i/f"})
	if !errors.Is(err, ErrUnavailable) {
		t.Errorf("Resolve(op) of one that was put there = %v, want ErrUnavailable", err)
	}
}

// Which references a broker can answer.
func TestShared(t *testing.T) {
	s := &Settings{}
	for text, want := range map[string]bool{
		"keyring:a": true, "age:a": true, "plaintext:a": true, "pass:a": true, "auto:a": true, "keystore:a": true,
		"env:A": false, "literal:a": false, "file:/a": false, "credential:a": false,
	} {
		ref, err := s.ParseRef(text)
		if got := s.Shared(ref); err != nil || got != want {
			t.Errorf("Shared(%s) = %v, %v; want %v", text, got, err, want)
		}
	}
	if s.Shared(Auto("a", "A_KEY")) {
		t.Error("Shared of a search that asks the environment = true, want false")
	}
}
