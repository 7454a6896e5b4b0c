//go:build unix

package broker

import (
	"os"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for _, row := range []struct {
		text string
		want Address
		ok   bool
	}{
		{"12:345:h:d:n:/run/s", Address{identity: identity{12, 345}, Home: "h", Digest: "d", Door: "n", Socket: "/run/s"}, true},
		{"12:345:/run/s", Address{}, false},
		{"12:345:h:d:/run/s", Address{}, false},
		{"12:345:h:d:n:run/s", Address{}, false},
		{"1:18446744073709551615::::/a:b c/s", Address{identity: identity{1, 1<<64 - 1}, Socket: "/a:b c/s"}, true},
		{"", Address{}, false},
		{"12:345", Address{}, false},
		{"12:345:", Address{}, false},
		{"12:345:run/s", Address{}, false},
		{"0:345:h:d:n:/s", Address{}, false},
		{"-1:345:h:d:n:/s", Address{}, false},
		{"12:-1:h:d:n:/s", Address{}, false},
		{"12:18446744073709551616:h:d:n:/s", Address{}, false},
		{"99999999999999999999:1:h:d:n:/s", Address{}, false},
		{"x:1:h:d:n:/s", Address{}, false},
		{" 1:1:h:d:n:/s", Address{}, false},
	} {
		got, err := ParseAddress(row.text)
		if got != row.want || err == nil != row.ok {
			t.Errorf("ParseAddress(%q) = %v, %v; want %v, %v", row.text, got, err, row.want, row.ok)
		}
		if row.ok && got.String() != row.text {
			t.Errorf("ParseAddress(%q).String() = %q, want the same", row.text, got.String())
		}
		if err != nil && row.text != "" && strings.Contains(err.Error(), row.text) {
			t.Errorf("ParseAddress(%q) says %q, want it without what came", row.text, err)
		}
	}
}

func TestAddressOf(t *testing.T) {
	for name, want := range map[string]string{"12-345": "12:345::::/run/wg-run/12-345/socket", "12": "", "": "", "-": "", "0-1": "", "x-y": "", "12-345-6": ""} {
		got, ok := addressOf("/run/wg-run", name)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("addressOf(%q) = %v, %v; want %q", name, got, ok, want)
		}
	}
}

// A process is the one that it was, and no other with its number.
func TestLives(t *testing.T) {
	if processOf == nil {
		t.Skip("this platform tells nothing of processes")
	}
	self, err := identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	other := self
	other.started++
	for _, row := range []struct {
		who  identity
		want bool
	}{{self, true}, {other, false}, {identity{1 << 30, 1}, false}} {
		if got := row.who.lives(); got != row.want {
			t.Errorf("%v.lives() = %v, want %v", row.who, got, row.want)
		}
	}
}
