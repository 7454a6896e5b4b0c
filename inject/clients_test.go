package inject

import (
	"regexp"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/tomlfile"
)

// named are the clients that a user was promised.
var namedClients = []string{
	"claude-code", "borg", "gpg", "openssl", "restic", "curl", "sshpass", "ssh-add", "ansible-vault", "age", "qpdf", "cryptsetup",
	"mkpasswd", "smbclient", "mysql", "npm", "qemu-img", "bwrap", "git", "psql", "wget", "rclone", "pip",
	"keepassxc-cli", "chpasswd", "7z", "docker", "skopeo", "gh", "codex",
}

// Each row is whole: what is known, what the secret is, where that is from, and a command
// in docs/clients.md.
func TestClientRows(t *testing.T) {
	var strict map[string]Client
	md, err := tomlfile.Decode(clientsTOML, &strict)
	if err != nil || len(md.Undecoded()) > 0 {
		t.Fatalf("Decode(clients.toml) = %v, unknown keys %v; want neither", err, md.Undecoded())
	}
	if got := builtInNames(); len(got) != len(strict) {
		t.Errorf("builtInNames() = %q, want the %d tables of clients.toml", got, len(strict))
	}
	for _, name := range namedClients {
		if _, ok := strict[name]; !ok {
			t.Errorf("clients.toml has no [%s]", name)
		}
	}
	for name, c := range strict {
		if err := c.judge(); err != nil {
			t.Errorf("[%s]: judge() = %v, want nil", name, err)
		}
		if c.Title == "" || c.Secret == "" || len(c.Programs) == 0 || c.Like != "" {
			t.Errorf("[%s]: title %q, secret %q, programs %q, like %q; want all but like", name, c.Title, c.Secret, c.Programs, c.Like)
		}
		if (c.Via == "memfd") != (c.Why != "") {
			t.Errorf("[%s]: via %q, why %q; want a why for each memfd", name, c.Via, c.Why)
		}
		head, _, _ := strings.Cut(string(clientsTOML), "\n["+name+"]\n")
		if above := head[strings.LastIndex(head, "\n\n")+2:]; !regexp.MustCompile(`https://|\([1-9]\)|package's own`).MatchString(above) {
			t.Errorf("[%s]: the comment above it is %q, want a manual page or an address", name, above)
		}
	}
}

// A start decodes one row alone, and finds what the whole table says.
func TestFindClient(t *testing.T) {
	for _, name := range builtInNames() {
		c, err := FindClient(name, nil)
		if err != nil || c.Name != name || c.Own {
			t.Errorf("FindClient(%q) = %+v, %v; want it", name, c, err)
		}
		if strings.Contains(c.Format+c.Secret, "{host}") {
			t.Errorf("FindClient(%q): format %q, secret %q; want no {host} left", name, c.Format, c.Secret)
		}
	}
	list, err := Clients(map[string]any{"mine": map[string]any{"env": map[string]any{"A": "{fd}"}}, "bad": 1})
	if len(list) != len(builtInNames())+1 || err == nil || !strings.Contains(err.Error(), "[clients.bad]: not a table") {
		t.Errorf("Clients() = %d rows, %v; want all but the bad one, and what is wrong", len(list), err)
	}
}

func TestUnknownClient(t *testing.T) {
	own := map[string]any{"backup": map[string]any{"env": map[string]any{"A": "{fd}"}}}
	for name, want := range map[string]string{
		"psq": "(did you mean 'psql'?)", "brog": "(did you mean 'borg'?)", "PSQL": "(did you mean 'psql'?)",
		"mariadb": "(did you mean 'mysql'?)", "podman": "(did you mean 'docker'?)", "claude": "(did you mean 'claude-code'?)",
		"curl-netrc": "(did you mean 'curl'?)", "7": "(did you mean '7z'?)", "backups": "(did you mean 'backup'?)",
		"keepass": "(did you mean 'keepassxc-cli'?)", "openss": "(did you mean 'openssl'?)",
		"xxxxxxxxx": "there is no client 'xxxxxxxxx'", "": "there is no client ''", "psql]\n[x": "there is no client",
		"sk-or-v1-0123456789abcdef": "not shown: it looks like a key",
	} {
		c, err := FindClient(name, own)
		if c != nil || err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(hint.Of(err), "wg-run clients") {
			t.Errorf("FindClient(%q) = %v, %v (hint %q); want %q", name, c, err, hint.Of(err), want)
		} else if strings.Contains(err.Error(), "0123456789abcdef") {
			t.Errorf("FindClient(%q) = %v, want nothing of the key", name, err)
		}
	}
}

func TestOwnClient(t *testing.T) {
	env := map[string]any{"A": "{path}"}
	text := func(list ...string) (out []any) {
		for _, s := range list {
			out = append(out, s)
		}
		return out
	}
	for want, row := range map[string]any{
		"not a table": "x",
		"it does not say how the program gets the secret": map[string]any{"title": "x"},
		"unknown key 'arg' (did you mean 'args'?)":        map[string]any{"arg": text("x")},
		"args: not a list":                                   map[string]any{"args": "x"},
		"env: not a table of texts":                          map[string]any{"env": map[string]any{"A": int64(1)}},
		"args_of: a table of lists: not a list":              map[string]any{"args_of": map[string]any{"a": "b"}},
		"env: not the name of a variable":                    map[string]any{"env": map[string]any{"A B": "x"}},
		"env: variables that begin with WG_":                 map[string]any{"env": map[string]any{"WG_API_KEY_FD": "7"}},
		"args: a NUL byte cannot be handed over":             map[string]any{"args": text("a\x00")},
		"env: {value} is for the format alone":               map[string]any{"env": map[string]any{"A": "{value}"}},
		"args: {value} is for the format alone":              map[string]any{"args": text("--password={value}")},
		"args: nothing gives {host} a value":                 map[string]any{"args": text("{host}")},
		"format: nothing gives {user} a value":               map[string]any{"format": "{user}:{value}"},
		"format: it has no {value}":                          map[string]any{"env": env, "format": "x"},
		"escape: there is no format":                         map[string]any{"env": env, "escape": "line"},
		"escape: it is one of":                               map[string]any{"format": "{value}", "escape": "perl"},
		`newline: it is "add", "strip" or "keep"`:            map[string]any{"env": env, "newline": "lf"},
		"via: no such channel":                               map[string]any{"via": "smoke"},
		`place: it is "program", "subcommand"`:               map[string]any{"env": env, "place": "first"},
		"unset: not the name of a variable that a worker":    map[string]any{"env": env, "unset": text("PATH")},
		"with: {value} has a value already":                  map[string]any{"env": env, "with": map[string]any{"value": "x"}},
		"with: nothing uses {hst} (did you mean {host}?)":    map[string]any{"like": "npm", "with": map[string]any{"hst": "x"}},
		"with: host: it holds a control character":           map[string]any{"like": "npm", "with": map[string]any{"host": "x\ny"}},
		"like: no client of wg-run's own has that name":      map[string]any{"like": "nosuch"},
		"like: not a text":                                   map[string]any{"like": int64(1)},
		"unknown key (not shown: it looks like a key)":       map[string]any{"sk-or-v1-0123456789abcdef": "x"},
		"[clients.x y]: the name of a client: a name is 1 t": nil,
	} {
		name := "mine"
		if row == nil {
			name = "x y"
		}
		c, err := FindClient(name, map[string]any{name: row})
		if err == nil || !strings.HasPrefix(err.Error(), "reading config.toml: [clients.") || !strings.Contains(err.Error(), want) {
			t.Errorf("FindClient(%v) = %+v, %v; want %q", row, c, err, want)
		}
	}
	c, err := FindClient("mine", map[string]any{"mine": map[string]any{"like": "npm", "with": map[string]any{"host": "npm.example"}, "title": "ours"}})
	if err != nil || c.Name != "mine" || !c.Own || c.Title != "ours" || c.Format != `//npm.example/:_authToken="{value}"` || c.Env["NPM_CONFIG_USERCONFIG"] != "{path}" {
		t.Errorf("FindClient(like npm) = %+v, %v; want npm's row with another host", c, err)
	}
	c, err = FindClient("curl", map[string]any{"curl": map[string]any{"args": text("-H", "@{path}")}})
	if err != nil || !c.Own || c.Format != "" || len(c.Args) != 2 {
		t.Errorf("FindClient(curl of one's own) = %+v, %v; want the own row alone", c, err)
	}
	if npm, _ := FindClient("npm", nil); npm == nil || !strings.Contains(npm.Format, "//registry.npmjs.org/") {
		t.Errorf("FindClient(npm) = %+v; want it unchanged by a row like it", npm)
	}
}

// A channel of the profile's in which the client finds nothing is not taken.
func TestClientChannel(t *testing.T) {
	for call, c := range map[string]struct {
		client    Client
		via, want string
	}{
		"its own":             {Client{Via: "memfd", Env: map[string]string{"A": "{path}"}}, "pipe", "memfd"},
		"none":                {Client{Env: map[string]string{"A": "{fd}"}}, "", ""},
		"number, socket":      {Client{Env: map[string]string{"A": "{fd}"}}, "socket", "socket"},
		"path, socket":        {Client{Env: map[string]string{"A": "{path}"}}, "socket", "pipe"},
		"path by a word":      {Client{ArgsOf: map[string][]string{"enc": {"-k", "{path}"}}}, "socket", "pipe"},
		"path, memfd":         {Client{Args: []string{"{path}"}}, "memfd", "memfd"},
		"number, variable":    {Client{Args: []string{"-d{fd}"}}, "env:KEY", "pipe"},
		"a format, variable":  {Client{Format: "x{value}"}, "env:KEY", "env:KEY"},
		"number on its stdin": {Client{Env: map[string]string{"A": "{fd}"}}, "stdin", "stdin"},
	} {
		if got := c.client.Channel(c.via); got != c.want {
			t.Errorf("%s: Channel(%q) = %q, want %q", call, c.via, got, c.want)
		}
	}
}

func TestClientNotes(t *testing.T) {
	psql, gpg := &Client{Name: "psql", Via: "memfd", Why: "it wants a regular file"}, &Client{Name: "gpg", Args: []string{"x"}, Programs: []string{"gpg"}}
	docker := &Client{Name: "docker", Via: "stdin"}
	for want, got := range map[string][]string{
		"psql gets its secret in a memfd, not in a pipe: it wants a regular file":                                                                                               psql.Notes("", []string{"psql"}),
		"warning: no word of the worker's line is gpg; the arguments of --for gpg stand behind 'sh', which takes them for its own: put wg-run into the script, in front of gpg": gpg.Notes("", []string{"sh", "-c", "gpg -d x"}),
		"warning: no word of the worker's line is gpg; the arguments of --for gpg stand behind 'x.sh'":                                                                          gpg.Notes("", []string{"x.sh"}),
		"warning: --via pipe may not do for psql: it wants a regular file":                                                                                                      psql.Notes("pipe", []string{"psql"}),
		"warning: docker reads its secret from standard input, and does not find it by --via pipe":                                                                              docker.Notes("pipe", []string{"docker"}),
		"": append(append(append(psql.Notes("dir", []string{"psql"}), docker.Notes("stdin", nil)...), gpg.Notes("", []string{"nice", "gpg"})...), gpg.Notes("memfd", nil)...),
	} {
		if strings.Join(got, "|") != want {
			t.Errorf("Notes() = %q, want %q", got, want)
		}
	}
}
