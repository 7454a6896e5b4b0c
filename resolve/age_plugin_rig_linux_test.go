package resolve

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// This binary is each of the plugins below, where it is started under its name: a
// link in PATH. A plugin wraps an X25519 key, which is what its identity holds.
func init() {
	if name, ok := strings.CutPrefix(filepath.Base(os.Args[0]), "age-plugin-"); ok {
		os.Exit(testPlugin(name))
	}
}

const testPIN = "PIN-4711-0815"

// pluginWays are the plugins, by their names.
var pluginWays = map[string]func(p *plugin.Plugin, id *age.X25519Identity) error{
	"good": func(*plugin.Plugin, *age.X25519Identity) error { return nil },
	"pin": func(p *plugin.Plugin, _ *age.X25519Identity) error {
		if pin, err := p.RequestValue("the PIN of your token", true); err != nil || pin != testPIN {
			return fmt.Errorf("wrong PIN %q", pin)
		}
		return nil
	},
	"touch": func(p *plugin.Plugin, _ *age.X25519Identity) error {
		return p.DisplayMessage("touch your token\x1b[2J\nwg-run: all is well")
	},
	"confirm": func(p *plugin.Plugin, _ *age.X25519Identity) error {
		if yes, err := p.Confirm("is it you?", "me", "no"); err != nil || !yes {
			return errors.New("not confirmed")
		}
		return nil
	},
	"hang": func(*plugin.Plugin, *age.X25519Identity) error {
		signal.Ignore(syscall.SIGINT)
		never := make(chan os.Signal, 1)
		signal.Notify(never, syscall.SIGUSR1)
		<-never
		return nil
	},
	"fail":  func(_ *plugin.Plugin, id *age.X25519Identity) error { return errors.New("cannot use " + id.String()) },
	"crash": func(_ *plugin.Plugin, id *age.X25519Identity) error { panic(id.String()) },
	"half": func(_ *plugin.Plugin, id *age.X25519Identity) error {
		fmt.Print("-> file-key 0\n", id)
		os.Exit(0)
		return nil
	},
	"garbage": func(_ *plugin.Plugin, id *age.X25519Identity) error {
		fmt.Print(id, "\n", id, "\n\x00\xff")
		os.Exit(0)
		return nil
	},
	"forger": func(*plugin.Plugin, *age.X25519Identity) error {
		return saying("-> file-key 0\nAAAAAAAAAAAAAAAAAAAAAA\n-> done\n\n")
	},
	"short": func(*plugin.Plugin, *age.X25519Identity) error { return saying("-> file-key 0\nAAAA\n-> done\n\n") },
	"endless": func(p *plugin.Plugin, _ *age.X25519Identity) error {
		for p.DisplayMessage("again") == nil {
		}
		return nil
	},
	"closed": func(*plugin.Plugin, *age.X25519Identity) error { return nil }, // it encrypts for nobody
	"none":   func(*plugin.Plugin, *age.X25519Identity) error { return age.ErrIncorrectIdentity },
}

// saying has a plugin say what it likes, and end once it was heard.
func saying(text string) error {
	fmt.Print(text)
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
	return nil
}

type testUnwrapper struct {
	p   *plugin.Plugin
	id  *age.X25519Identity
	way func(*plugin.Plugin, *age.X25519Identity) error
}

func (u *testUnwrapper) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	if err := u.way(u.p, u.id); err != nil {
		return nil, err
	}
	return u.id.Unwrap(stanzas)
}

func testPlugin(name string) int {
	starts, err := os.OpenFile(os.Getenv("testOnlyStarts"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		fmt.Fprintln(starts, os.Getpid())
		_ = starts.Close()
	}
	p, err := plugin.New(name)
	if err != nil || pluginWays[name] == nil {
		return 9
	}
	p.RegisterFlags(flag.NewFlagSet(name, flag.ExitOnError))
	p.HandleRecipient(func(data []byte) (age.Recipient, error) {
		if name == "closed" {
			return nil, errors.New("it holds " + planted)
		}
		return age.ParseX25519Recipient(string(data))
	})
	p.HandleIdentity(func(data []byte) (age.Identity, error) {
		id, err := age.ParseX25519Identity(string(data))
		return &testUnwrapper{p, id, pluginWays[name]}, err
	})
	if len(os.Args) > 1 && strings.HasSuffix(os.Args[1], "identity-v1") {
		return p.IdentityV1()
	}
	return p.RecipientV1()
}

// pluginRig is a store whose identity a plugin holds; starts tells who was started.
type pluginRig struct {
	*ageRig
	starts string
}

func newPluginRig(t *testing.T, name string) *pluginRig {
	t.Helper()
	r := &pluginRig{newAgeRig(t), filepath.Join(t.TempDir(), "starts")}
	dir := t.TempDir()
	self, err := os.Executable()
	for way := range pluginWays {
		err = firstError(err, os.Symlink(self, filepath.Join(dir, "age-plugin-"+way)))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	t.Setenv("testOnlyStarts", r.starts)
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	r.put("identity.txt", []byte("# recipient: "+r.plugged(name)+"\n"+pluginKey(name, r.identity.String())+"\n"))
	r.put("recipients.txt", []byte(r.plugged(name)+"\n"))
	d := &document{map[string][]byte{"k": []byte(planted), "l": []byte("second")}, []string{r.plugged(name)}, testID, nil, nil}
	plain, err := d.encode()
	if err != nil {
		t.Fatal(err)
	}
	r.put("secrets.age", r.sealedText(string(plain)))
	return r
}

func (r *pluginRig) plugged(name string) string { return pluginRecipientText(name, r.public()) }

// started are the ids of the plugins that were started.
func (r *pluginRig) started() []string {
	text, _ := os.ReadFile(r.starts)
	return strings.Fields(string(text))
}
