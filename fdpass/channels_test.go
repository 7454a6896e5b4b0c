//go:build unix

package fdpass

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Args[0] == DirectoryRole {
		os.Exit(ServeDirectory(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func TestFind(t *testing.T) {
	for _, c := range []struct{ via, name, variable, err string }{
		{"", "pipe", "", ""}, {"pipe", "pipe", "", ""}, {"socket", "socket", "", ""}, {"stdin", "stdin", "", ""},
		{"env:KEY", "env", "KEY", ""}, {"env:A:B", "env", "A:B", ""}, // the caller judges it
		{"env", "", "", "the variable is missing"}, {"env:", "", "", "the variable is missing"},
		{"pipe:", "", "", "nothing stands behind its name"}, {"stdin:x", "", "", "nothing stands behind its name"},
		{":", "", "", "no such channel"}, {"tube", "", "", "no such channel"}, {"Pipe", "", "", "no such channel (did you mean 'pipe'?)"}, {"pip", "", "", "no such channel (did you mean 'pipe'?)"},
		{"enb:KEY", "", "", "did you mean 'env'?"}, {"pipe ", "", "", "did you mean 'pipe'?"}, {"sk-0123456789abcdef", "", "", "no such channel"},
	} {
		got, err := Find(c.via)
		if got.Name != c.name || got.Variable != c.variable || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("Find(%q) = %q, variable %q, %v; want %q, %q, an error with %q", c.via, got.Name, got.Variable, err, c.name, c.variable, c.err)
		}
		if err != nil && strings.Contains(err.Error(), "sk-") {
			t.Errorf("Find(%q) = %q, want the text not repeated", c.via, err)
		}
	}
	if Channels()[0].Name != "pipe" {
		t.Errorf("Channels()[0] = %s, want pipe, the default", Channels()[0].Name)
	}
}

// Each channel has its row in both tables, where a worker finds it and what it holds; and a
// worker that is seen to find it. The pipe is everywhere.
func TestDocumentedChannels(t *testing.T) {
	docs, err := os.ReadFile("../docs/workers.md")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../testdata/script/channels.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range Channels() {
		if n := len(regexp.MustCompile("(?m)^\\| [^|]*`"+c.Name+"[`:]").FindAll(docs, -1)); n != 2 {
			t.Errorf("docs/workers.md has the channel %s in %d rows, want 2", c.Name, n)
		}
		if i > 0 && !strings.Contains(string(script), " --via "+c.Name) {
			t.Errorf("channels.txtar has no --via %s", c.Name)
		}
	}
}

// A channel that the platform lacks is said to be, whatever stands behind its name.
func TestFindUnsupported(t *testing.T) {
	defer func(saved []Channel) { channels = saved }(channels)
	channels = []Channel{{Name: "pipe", Open: openPipe}, {Name: "memfd"}}
	if _, err := Find("memfd"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("Find(memfd), which this platform lacks = %v, want %v", err, ErrUnsupported)
	}
	if (Channel{Name: "memfd"}).Here() || !(Channel{Name: "env", Place: InEnvironment}).Here() {
		t.Error("Here: want a channel without Open to be missing, but for the environment")
	}
}

// More than a new socket holds: its buffer is made larger; what does not fit is an error.
func TestSocketGrows(t *testing.T) {
	for _, size := range []int{1 << 17, 1 << 20, 1 << 23} {
		f, err := openSocket("label", make([]byte, size))
		switch {
		case err == nil:
			got, _ := readBounded(f)
			if size <= MaxRead && len(got) != size {
				t.Errorf("openSocket(%d bytes) holds %d", size, len(got))
			}
			_ = f.Close()
		case !errors.Is(err, ErrTooBig) || size < 1<<18:
			t.Errorf("openSocket(%d bytes) = %v, want it, or from 256 KiB on %v", size, err, ErrTooBig)
		}
	}
}
