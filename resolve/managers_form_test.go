package resolve

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Nothing that the table's programs take for a file is handed to them, and no part
// takes in an empty one.
func TestPartsThatAreRefused(t *testing.T) {
	for reference, want := range map[string]string{
		"awssm:file:///etc/passwd": "begins with 'file://'", "awsps:file://x": "begins with 'file://'", "awssm:fileb://x": "begins with 'fileb://'",
		"azkv:v/@/etc/passwd": "begins with '@'", "azkv:@x/n": "begins with '@'", "azkv:v/n#@x": "begins with '@'",
		"doppler:p//n": "it has the form", "doppler:/n": "it has the form", "doppler:p/": "it has the form",
		"infisical:p//n": "it has the form", "infisical:e/": "it has the form", "gcpsm:p//n": "it has the form", "azkv:v//n": "it has the form",
		"awssm:a/file://x": "", "awsps:/a/b": "", "azkv:v/n@x": "", "doppler:n": "", "doppler:p/c/n": "", "infisical:e/n": "", "gcpsm:p/n#1": "",
		"vault:m/a//b#f": "", "systemd-creds:a//b": "", "keepassxc:/a//b.kdbx#e": "",
	} {
		scheme, path, _ := strings.Cut(reference, ":")
		err := bare.BackendOf(scheme).Form(path)
		if (err == nil) != (want == "") || !strings.Contains(fmt.Sprint(err), want) && want != "" {
			t.Errorf("Form(%s) = %v, want %q", reference, err, want)
		}
	}
}

func TestForms(t *testing.T) {
	t.Setenv("HOME", "/h")
	row := managerRow{
		Title: "T", Get: []string{"t", "{a}", "-b={b}", "{c}", "{path}"}, Form: []string{"{a}/{b}#{c}", "{a}/{b}", "{a}"},
		Default: map[string]string{"b": "standard"}, Files: []string{"a"},
	}
	for path, want := range map[string]string{
		"x/y#z":     "t x -b=y z x/y#z",
		"x/y/z":     "t x -b=y/z x/y/z",
		"x/y#1#2":   "t x -b=y#1 2 x/y#1#2",
		"x":         "t x -b=standard x",
		"x/":        "t x/ -b=standard x/",
		"x#/y":      "t x# -b=y x#/y",
		"~/db/y#z":  "t ~ -b=db/y z ~/db/y#z",
		"~x":        "t ~x -b=standard ~x",
		"{b}/{c}#d": "t {b} -b={c} d {b}/{c}#d",
		"x/-y":      "t x -b=-y x/-y",
		"x/y#-z":    "", "-x": "", "": "",
	} {
		values, err := row.values("t", path)
		got := ""
		if err == nil {
			got = strings.Join(fill(row.Get, values), " ")
		}
		if got != want || (err == nil) != (want != "") {
			t.Errorf("values(%q) = %q, %v; want %q", path, got, err, want)
		}
	}
	file := managerRow{Title: "T", Get: []string{"t", "{db}"}, Form: []string{"{db}#{entry}"}, Files: []string{"db"}}
	if values, err := file.values("t", "~/a/b.kdbx#e"); err != nil || values["db"] != "/h/a/b.kdbx" {
		t.Errorf("values(~/a/b.kdbx#e) = %q, %v; want ~ expanded in db", values, err)
	}
}

// A path of another form is refused with the form, before anything is started.
func TestFormRefused(t *testing.T) {
	for text, want := range map[string]string{
		"op://x": "op://VAULT/ITEM/FIELD", "vault:a#b": "vault:MOUNT/PATH#FIELD", "vault:a/b": "vault:MOUNT/PATH#FIELD", "keepassxc:a.kdbx": "keepassxc:DB#ENTRY",
		"azkv:x": "azkv:VAULT/NAME#VERSION or azkv:VAULT/NAME", "pass:-x": "does not begin with a dash", "azkv:-v/x": "does not begin with a dash",
		"vault:m/-x#f": "begins with a dash", "keepassxc:a#-x": "begins with a dash", "vault:/a#b": "the form", "bw:#x": "",
	} {
		_, err := bare.ParseRef(text)
		if want != "" && (!errors.Is(err, ErrBadRef) || !strings.Contains(err.Error(), want)) || want == "" && err != nil {
			t.Errorf("ParseRef(%q) = %v, want %q", text, err, want)
		}
	}
	if _, err := bare.ParseRef("vault:" + planted); err == nil || holdsPart(fmt.Sprint(err), planted) {
		t.Errorf("ParseRef(vault:KEY) = %v, want an error without the key", err)
	}
}

// userRows makes backends of a table as it is decoded from config.toml.
func userRows(row map[string]any) (*Settings, error) {
	list, err := UserManagers(map[string]any{"corp": row})
	return &Settings{Managers: list}, err
}

func TestUserManagers(t *testing.T) {
	get := []any{"corp-vault", "read", "{path}"}
	s, err := userRows(map[string]any{"get": get, "credentials": []any{"CORP_TOKEN", "CORP_SESSION_*"}, "not_found_exit": []any{int64(4)}, "default": map[string]any{"x": "y"}})
	if err != nil {
		t.Fatalf("UserManagers = %v, want nil", err)
	}
	ref, err := s.ParseRef("corp:a/b")
	if err != nil || ref != (Ref{Scheme: "corp", Path: "a/b"}) || s.BackendOf("corp") == nil || !slices.Contains(s.Schemes(), "corp") {
		t.Errorf("ParseRef(corp:a/b) = %v, %v, schemes %q; want it known", ref, err, s.Schemes())
	}
	if _, err := bare.ParseRef("corp:a/b"); err == nil {
		t.Errorf("ParseRef(corp:a/b) without the row = nil, want an unknown scheme")
	}
	for variable, want := range map[string]bool{"CORP_TOKEN": true, "CORP_SESSION_X": true, "CORP_ADDR": false} {
		if got := s.IsCredential(variable); got != want {
			t.Errorf("IsCredential(%s) with the user's row = %v, want %v", variable, got, want)
		}
	}
}

func TestUserManagersRefused(t *testing.T) {
	get := []any{"corp-vault", "{path}"}
	for want, row := range map[string]any{
		"not a table": "x",
		"unknown key 'gett' (did you mean 'get'?)":        map[string]any{"gett": get},
		"get: the command that reads an entry is missing": map[string]any{},
		"get: not a list":                                         map[string]any{"get": "corp-vault {path}"},
		"get: not a text":                                         map[string]any{"get": []any{int64(1)}},
		"get: no argument has a placeholder":                      map[string]any{"get": []any{"corp-vault", "read"}},
		"get: the first text is not a program":                    map[string]any{"get": []any{"{path}"}},
		"get: no form gives '{nosuch}'":                           map[string]any{"get": []any{"x", "{nosuch}"}},
		"get: the program has neither a whole path":               map[string]any{"get": []any{"./x", "{path}"}},
		"check: no form gives '{path}'":                           map[string]any{"get": get, "check": []any{"x", "{path}"}},
		"first_line: not true or false":                           map[string]any{"get": get, "first_line": "yes"},
		"locked: an empty text would fit everything":              map[string]any{"get": get, "locked": []any{" "}},
		"denied_exit: an exit code is a number from 1 to 255":     map[string]any{"get": get, "denied_exit": []any{int64(0)}},
		"credentials: not the name of a variable (not shown":      map[string]any{"get": get, "credentials": []any{planted}},
		"field: not a JSON pointer":                               map[string]any{"get": get, "field": "value"},
		"files: no form gives 'db'":                               map[string]any{"get": get, "files": []any{"db"}},
		"default: not a table of texts":                           map[string]any{"get": get, "default": map[string]any{"a": int64(1)}},
		"unknown key (not shown: it looks like a key) (known: ":   map[string]any{planted: get},
		"[managers.corp]: sign_in: no form gives '{entry}'":       map[string]any{"get": get, "sign_in": "corp login {entry}"},
		"[managers.corp]: form: an empty text would fit everythi": map[string]any{"get": get, "form": []any{""}},
	} {
		_, err := UserManagers(map[string]any{"corp": row})
		if err == nil || !strings.Contains(err.Error(), want) || holdsPart(err.Error(), planted) {
			t.Errorf("UserManagers(%v) = %v, want %q", row, err, want)
		}
	}
	for _, name := range append(bare.Schemes(), "plain", "age", "Corp", "1p", "a_b", "", "-x", strings.Repeat("a", 33), planted) {
		_, err := UserManagers(map[string]any{name: map[string]any{"get": get}})
		if err == nil || holdsPart(err.Error(), planted) {
			t.Errorf("UserManagers(a row %q) = %v, want a refusal without a key in it", name, err)
		}
	}
}
