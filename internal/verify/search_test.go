package verify

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

const searched = "wgcanaryQ7f3Zk9Lx2Vb8Nw4Tr6Ys1"

// TestStream finds every form, cut in two at every place, and byte by byte.
func TestStream(t *testing.T) {
	for form, text := range map[string]string{
		"as it is": searched,
		"base64":   base64.StdEncoding.EncodeToString([]byte("before " + searched + " behind")),
		"hex":      hex.EncodeToString([]byte(searched)),
		"escaped":  "%77" + searched[1:],
	} {
		text = "some text before it: " + text + "\n"
		for cut := range len(text) {
			if got := inStream(text[:cut], text[cut:]); got != form {
				t.Errorf("%s, cut at %d: got %q, want it found", form, cut, got)
			}
		}
		var bytes []string
		for i := range len(text) {
			bytes = append(bytes, text[i:i+1])
		}
		if got := inStream(bytes...); got != form {
			t.Errorf("%s, byte by byte: got %q, want it found", form, got)
		}
	}
	if got := inStream(strings.SplitAfter(strings.Join(strings.Split(searched, ""), strings.Repeat(" ", 40)), " ")...); got != "spaced out" {
		t.Errorf("piece by piece, far apart: got %q, want it found", got)
	}
	if got := inStream(searched[:20], "x", searched[20:]); got != "" {
		t.Errorf("with a byte between: got %q, want nothing", got)
	}
}

func inStream(pieces ...string) (found string) {
	s := &stream{needles: []needle{newNeedle("x", []byte(searched))}, found: func(_ needle, form string) { found = form }}
	for _, p := range pieces {
		_, _ = s.Write([]byte(p))
	}
	return found
}
