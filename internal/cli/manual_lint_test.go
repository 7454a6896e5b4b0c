//go:build unix

package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/graphwork/wg-run/internal/testrig"
)

// shows runs a program that shows a manual page, at 80 columns.
func shows(t *testing.T, name string, args ...string) (page, complaints string) {
	t.Helper()
	testrig.Need(t, name)
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=80", "MANROFFOPT=-c", "MANPAGER=cat")
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		said.WriteString(err.Error())
	}
	return out.String(), said.String()
}

// TestManualLint has both formatters read the pages: neither complains, and no line is
// wider than a terminal.
func TestManualLint(t *testing.T) {
	for _, page := range manualPages {
		if out, said := shows(t, "mandoc", "-Tlint", "-W", "warning", manuals+page); out+said != "" {
			t.Errorf("mandoc -Tlint %s: %s%s, want nothing", page, out, said)
		}
		out, said := shows(t, "man", "--warnings", "-l", manuals+page)
		if said != "" || len(out) < 1000 {
			t.Errorf("man --warnings -l %s: %q, %d bytes; want no complaint, and the page", page, said, len(out))
		}
		wide(t, "man "+page, out)
		out, _ = shows(t, "mandoc", "-Tutf8", "-O", "width=80", manuals+page)
		wide(t, "mandoc "+page, out)
	}
}

func wide(t *testing.T, what, text string) {
	t.Helper()
	if text == "" {
		t.Errorf("%s: nothing is shown", what)
	}
	for line := range strings.SplitSeq(text, "\n") {
		for i := strings.Index(line, "\b"); i > 0; i = strings.Index(line, "\b") { // a letter that is struck twice
			_, n := utf8.DecodeLastRuneInString(line[:i])
			line = line[:i-n] + line[i+1:]
		}
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("%s: %q has %d columns, want 80 at most", what, line, n)
		}
	}
}
