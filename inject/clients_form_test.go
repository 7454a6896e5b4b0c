package inject

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
)

func TestClientForm(t *testing.T) {
	for name, c := range map[string]struct {
		client Client
		value  string
		want   string // "!" and a part of the error
	}{
		"as it is":          {Client{}, "a\n", "a\n"},
		"keep":              {Client{Newline: "keep"}, "a\r\n", "a\r\n"},
		"strip":             {Client{Newline: "strip"}, "a\n", "a"},
		"strip CRLF":        {Client{Newline: "strip"}, "a\r\n", "a"},
		"strip PEM":         {Client{Newline: "strip"}, "a\nb\n", "a\nb\n"},
		"add":               {Client{Newline: "add"}, "a", "a\n"},
		"add, has one":      {Client{Newline: "add"}, "a\nb\n", "a\nb\n"},
		"format":            {Client{Format: "x {value} y"}, "a\n", "x a y"},
		"format, twice":     {Client{Format: "{value}:{value}", Newline: "add"}, "a", "a:a\n"},
		"format, ends":      {Client{Format: "{value}"}, "{value}", "{value}"},
		"pgpass":            {Client{Format: "*:{value}", Escape: "pgpass"}, `a:b\c`, `*:a\:b\\c`},
		"pgpass, lines":     {Client{Format: "*:{value}", Escape: "pgpass"}, "a\nb", "!a line break"},
		"pgpass, NUL":       {Client{Format: "*:{value}", Escape: "pgpass"}, "a\x00b", "!a NUL byte"},
		"curl":              {Client{Format: `u = "{value}"`, Escape: "curl"}, "a\"b\\c\td\n", `u = "a\"b\\c\td"`},
		"curl, lines":       {Client{Format: `u = "{value}"`, Escape: "curl"}, "a\nY: b", "!a line break"},
		"curl, CR":          {Client{Format: `u = "{value}"`, Escape: "curl"}, "a\rY: b", "!a line break"},
		"curl, NUL":         {Client{Format: `u = "{value}"`, Escape: "curl"}, "a\x00", "!a NUL byte"},
		"netrc":             {Client{Format: `password "{value}"`, Escape: "netrc"}, `a" b\`, `password "a\" b\\"`},
		"mycnf":             {Client{Format: `p="{value}"`, Escape: "mycnf"}, "a\"#\\\n", `p="a\"#\\"`},
		"mycnf, a long one": {Client{Format: "[client]\np=\"{value}\"", Escape: "mycnf"}, strings.Repeat("a", 3990), "[client]\np=\"" + strings.Repeat("a", 3990) + `"`},
		"mycnf, longer":     {Client{Format: "[client]\np=\"{value}\"", Escape: "mycnf"}, strings.Repeat("a", 4100), "!more than 4000 bytes"},
		"npmrc":             {Client{Format: `t="{value}"`, Escape: "npmrc"}, `a"b\c${HOME}\${X}${}${`, `t="a\"b\\c\\${HOME}\\\\\\${X}${}${"`},
		"npmrc, lines":      {Client{Format: `t="{value}"`, Escape: "npmrc"}, "a\nb", "!a line break"},
		"json":              {Client{Format: `"{value}"`, Escape: "json"}, "a\"\\\x01é${X}", `"a\"\\\u0001é${X}"`},
		"json, no UTF-8":    {Client{Format: `"{value}"`, Escape: "json"}, "\xff", "!no UTF-8"},
		"url":               {Client{Format: `https://u:{value}@h`, Escape: "url"}, "a@b/é", "https://u:a%40b%2F%C3%A9@h"},
		"line":              {Client{Format: "p = {value}", Escape: "line"}, `a "b" #c`, `p = a "b" #c`},
		"line, blanks":      {Client{Format: "{value}\n{value}", Escape: "line"}, " a ", " a \n a "},
		"bare, blank first": {Client{Format: "p = {value}", Escape: "bare"}, " a", "!a blank"},
		"bare, two":         {Client{Format: "p = {value}", Escape: "bare"}, "a\nb", "!a line break"},
		"line, two":         {Client{Format: "p = {value}", Escape: "line"}, "a\rb", "!a line break"},
	} {
		value := []byte(c.value)
		got, err := c.client.form(value)
		if part, refused := strings.CutPrefix(c.want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: form(%.80q) = %.80q, %v; want an error about %q", name, c.value, got, err, part)
			}
		} else if err != nil || string(got) != c.want {
			t.Errorf("%s: form(%.80q) = %.80q, %v; want %.80q", name, c.value, got, err, c.want)
		}
		if clear(got); !bytes.Equal(value, []byte(c.value)) {
			t.Errorf("%s: form(%q) changed the value itself", name, c.value)
		}
	}
}

// Where a program takes each line for something else, a second one would be what nobody stored: a
// header, a host, an answer. A row that hands on its lines says here why they are no harm.
func TestClientLines(t *testing.T) {
	harmless := map[string]string{
		// What is handed on as it is.
		"borg": "all of it is the passphrase", "restic": "as borg", "cryptsetup": "as borg", "qemu-img": "as borg", "bwrap": "nobody reads it by lines",
		"ansible-vault": "as borg", "mysql": "it is escaped",
		"gpg": "only the first line counts", "openssl": "as gpg", "qpdf": "as gpg", "sshpass": "as gpg", "mkpasswd": "as gpg", "smbclient": "as gpg",
		"ssh-add": "a file of lines", "ssh-keygen": "as ssh-add", "age": "as ssh-add", "rclone": "as ssh-add", "chpasswd": "as ssh-add",
		"docker": "it is encoded on its way", "skopeo": "as docker",
		"claude-code": "it sends no header with one", "codex": "as claude-code", "gh": "as claude-code",
	}
	list, err := Clients(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		for _, value := range []string{"a\nb", "a\rb"} {
			got, err := c.form([]byte(value))
			if refused := err != nil && hint.Of(err) != ""; refused == (harmless[c.Name] != "") {
				t.Errorf("--for %s: form(%q) = %q, %v; refused with a hint: %v; why it is no harm: %q", c.Name, value, got, err, refused, harmless[c.Name])
			}
		}
	}
}

func TestClientArrange(t *testing.T) {
	args := []string{"--pass", "{fd}"}
	for name, c := range map[string]struct {
		client     Client
		line, want string // "!": refused
	}{
		"nothing to add":      {Client{}, "borg list", "borg list"},
		"behind the program":  {Client{Args: args, Programs: []string{"gpg"}}, "gpg -d x", "gpg --pass {fd} -d x"},
		"by its path":         {Client{Args: args, Programs: []string{"gpg"}}, "/usr/bin/gpg -d x", "/usr/bin/gpg --pass {fd} -d x"},
		"behind timeout":      {Client{Args: args, Programs: []string{"gpg"}}, "timeout 5 gpg -d x", "timeout 5 gpg --pass {fd} -d x"},
		"behind another":      {Client{Args: args, Programs: []string{"gpg"}}, "my-gpg -d", "my-gpg --pass {fd} -d"},
		"subcommand":          {Client{Args: args, Place: "subcommand", Programs: []string{"openssl"}}, "openssl -v rsa -in x", "openssl -v rsa --pass {fd} -in x"},
		"subcommand, none":    {Client{Args: args, Place: "subcommand"}, "openssl", "openssl --pass {fd}"},
		"of a subcommand":     {Client{Args: args, ArgsOf: map[string][]string{"enc": {"-k", "{path}"}}, Place: "subcommand"}, "openssl enc -d", "openssl enc -k {path} -d"},
		"of another":          {Client{Args: args, ArgsOf: map[string][]string{"enc": {"-k", "{path}"}}, Place: "subcommand"}, "openssl rsa", "openssl rsa --pass {fd}"},
		"of no other":         {Client{ArgsOf: map[string][]string{"enc": {"-k", "{path}"}}, Place: "subcommand"}, "openssl rsa", "openssl rsa"},
		"end":                 {Client{Args: args, Place: "end"}, "ssh-add -t 9", "ssh-add -t 9 --pass {fd}"},
		"after a word":        {Client{Args: args, Place: "after login"}, "docker --config x login h", "docker --config x login --pass {fd} h"},
		"there already":       {Client{Args: []string{"--stdin"}, Place: "after login"}, "codex login --stdin", "codex login --stdin"},
		"after none":          {Client{Args: args, Place: "after login"}, "docker run x", "!has no 'login'"},
		"before --":           {Client{Args: args, Place: "--"}, "bwrap --bind / / -- cat -- x", "bwrap --bind / / --pass {fd} -- cat -- x"},
		"before none":         {Client{Args: args, Place: "--"}, "bwrap cat", "!has no '--'"},
		"the program's alone": {Client{Args: args}, "x", "x --pass {fd}"},
	} {
		argv := strings.Fields(c.line)
		before := slices.Clone(argv)
		got, at, added, err := c.client.arrange(argv)
		if part, refused := strings.CutPrefix(c.want, "!"); refused {
			if err == nil || !strings.Contains(err.Error(), part) || hint.Of(err) == "" {
				t.Errorf("%s: arrange(%q) = %q, %v; want an error with %q and a hint", name, c.line, got, err, part)
			}
			continue
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: arrange(%q) = %q, %v; want %q", name, c.line, got, err, c.want)
		} else if !slices.Equal(got[at:at+len(added)], added) || !slices.Equal(argv, before) {
			t.Errorf("%s: arrange(%q): %q at %d of %q, and the line is now %q", name, c.line, added, at, got, argv)
		}
	}
}
