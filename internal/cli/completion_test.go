package cli

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const pastedKey = "sk-or-v1-0123456789abcdef"

// homeToComplete makes ~/.wg with two profiles, three secrets, and a key among the
// names of each; there is no bus.
func homeToComplete(t testing.TB) {
	t.Helper()
	wg := filepath.Join(t.TempDir(), ".wg")
	if err := os.MkdirAll(filepath.Join(wg, "profiles"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config.toml":                         "[secrets]\nallow_plaintext = true\n[managers.corp]\nget = [\"corp-vault\", \"{path}\"]\n",
		"secrets.toml":                        "version = 1\n[secrets]\nopenai = \"v\"\nopenrouter = \"v\"\ngithub = \"v\"\n" + pastedKey + " = \"v\"\n",
		"profiles/work.toml":                  "",
		"profiles/home.server.toml":           "",
		"profiles/" + pastedKey + ".toml":     "",
		"profiles/not a name.toml":            "",
		"profiles/cr\x1b[31m\x07.toml":        "",
		"profiles/" + strings.Repeat("a", 70): "",
	} {
		if err := os.WriteFile(filepath.Join(wg, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("WG_HOME", wg)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(wg, "no-bus"))
}

// completeLine completes a line without quotes, as a shell would have split it.
func completeLine(line string) string {
	return strings.Join(candidates(context.Background(), strings.Split(line, " ")), " ")
}

func TestCandidates(t *testing.T) {
	homeToComplete(t)
	for _, c := range []struct{ line, want string }{
		{"prof", "profile"},
		{"secret l", "list"},
		{"secret backend s", "set show"},
		{"secret backend set p", "plaintext"},
		{"nosuch ", "--"},
		{"profile show --h", "--help"},
		{"secret list x", ""},
		{"verify ", "--"},
		{"verify --wat", "--watch"},
		{"verify --via so", "socket"},
		{"verify -- --via so", ""},

		{"--pro", "--profile"},
		{"--explain --ref", "--ref"},
		{"--vers", "--version"},
		{"--profile ", "home.server work"},
		{"--profile=", "--profile=home.server --profile=work"},
		{"--profile w", "work"},
		{"--profile work ", "--"},
		{"--profile secret l", ""},
		{"--explain ", "--"},
		{"--env ", ""},
		{"--nosuch=", ""},
		{"--profile=work --via m", "memfd"},
		{"--profile work -- ", ""},
		{"--profile work -- --pro", ""},

		{"profile show ", "home.server work"},
		{"profile use w", "work"},
		{"profile rm --help w", "work"},
		{"profile show work ", ""},
		{"profile create new --secret open", "openai openrouter"},
		{"profile create new -m x --secret g", "github"},
		{"profile create new --re", "--ref"},
		{"secret rm --backend plaintext ", "github openai openrouter"},
		{"secret rm --backend=plaintext g", "github"},
		{"secret rm --backend ", "age keyring plaintext"},
		{"secret check ", "github openai openrouter"},
		{"secret get plaintext:g", "plaintext:github"},
		{"secret set ", ""},

		{"--ref co", "corp:"},
		{"--ref p", "pass: passage: plaintext: plaintext:github plaintext:openai plaintext:openrouter"},
		{"--ref plaintext:open", "plaintext:openai plaintext:openrouter"},
		{"--ref=plaintext:open", "--ref=plaintext:openai --ref=plaintext:openrouter"},
		{"--ref auto:g", "auto:github"},
		{"--ref file:", ""},
		{"--ref lit", ""},
		{"--secret gh", ""},
		{"--secret gh=cred", "gh=credential:"},
		{"--secret gh=credential:", ""},
		{"--secret=gh=plaintext:g", "--secret=gh=plaintext:github"},
		{"--secret a=b --profile w", "work"},

		{"completion ", "bash fish zsh"},
		{"completion z", "zsh"},
	} {
		if strings.Contains(c.want, "memfd") && !slices.Contains(channelNames(t.Context(), ""), "memfd") {
			continue // not of this platform
		}
		if got := completeLine(c.line); got != c.want {
			t.Errorf("candidates(%q): got %q, want %q", c.line, got, c.want)
		}
	}
}

// TestCandidatesWithNothing completes without a home, a bus and a readable setting.
func TestCandidatesWithNothing(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	for _, home := range []string{"", filepath.Join(t.TempDir(), "none"), os.DevNull} {
		t.Setenv("HOME", "")
		t.Setenv("WG_HOME", home)
		for line, want := range map[string]string{
			"--profile ": "", "secret rm ": "", "secret l": "list", "--ref op": "op:",
		} {
			if got := completeLine(line); got != want {
				t.Errorf("WG_HOME=%q: candidates(%q): got %q, want %q", home, line, got, want)
			}
		}
	}
}

// TestCandidatesWhileBusHangs asks a bus that takes connections and never answers:
// the other stores' names come in time.
func TestCandidatesWhileBusHangs(t *testing.T) {
	homeToComplete(t)
	socket := filepath.Join(t.TempDir(), "bus")
	bus, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+socket)
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), answerTime)
	defer cancel()
	got := candidates(ctx, []string{"secret", "rm", ""})
	if want := []string{"github", "openai", "openrouter"}; !slices.Equal(got, want) || ctx.Err() != nil {
		t.Errorf("got %q after %v, want %q within %v", got, time.Since(began), want, answerTime)
	}
}

// TestAnswerEnds gives answer lines that never end and lines that are none.
func TestAnswerEnds(t *testing.T) {
	never, feed := io.Pipe()
	defer feed.Close()
	for name, in := range map[string]io.Reader{
		"never": never, "empty": strings.NewReader(""), "no NUL": strings.NewReader("--profile"), "NULs": strings.NewReader("\x00\x00\x00"),
	} {
		if got := answer(in); got != 0 {
			t.Errorf("%s: got %d, want 0", name, got)
		}
	}
}

// FuzzCandidates: whatever is typed, a candidate goes on from it and is neither a
// key nor anything that a shell or a terminal obeys.
func FuzzCandidates(f *testing.F) {
	homeToComplete(f)
	for _, seed := range []string{
		"", "\n", "--\n", "--ref\nsk-", "secret\nget\n\xff", "--secret\n==:", "profile\ncreate\n-m\n--secret\n", "--=\n", "-\n-", "--profile=\n=",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, "\n")
		typed := words[len(words)-1]
		for _, c := range candidates(t.Context(), words) {
			rest, ok := strings.CutPrefix(c, typed)
			if !ok || strings.Contains(c, pastedKey) && !strings.Contains(typed, "sk-or") ||
				strings.Trim(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:=") != "" {
				t.Errorf("candidates(%q): got %q", words, c)
			}
		}
	})
}
