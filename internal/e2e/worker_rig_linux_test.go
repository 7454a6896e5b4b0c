package e2e

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/testrig"
)

// below is a home for brokers, of an unprivileged user or of root. In scripts $W is
// wg-run, $T this binary, $D a folder of the user's.
func below(t *testing.T, root bool, files map[string]string) *place {
	t.Helper()
	if err := inject.CanIsolate(); err != nil {
		t.Skip(err)
	}
	copied, err := testrig.CopyOfUs(t)
	if err != nil {
		t.Fatal(err)
	}
	p := strangers(t, files)
	if root {
		p.as = nil
		chown(t, p.wg, 0)
	}
	dir := filepath.Join(filepath.Dir(p.wg), "run")
	for _, name := range []string{dir, dir + "/wg-run"} {
		if err := os.Mkdir(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if p.as != nil {
		chown(t, dir, stranger)
	}
	p.env = append(p.env, "W="+p.bin, "T="+copied.Path, "D="+dir, "XDG_RUNTIME_DIR="+dir, "GORACE=atexit_sleep_ms=0")
	return p
}

func chown(t *testing.T, dir string, uid int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil {
			err = os.Lchown(path, uid, uid)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// users runs a test as nobody, and as root where this is root.
func users(t *testing.T, test func(t *testing.T, root bool)) {
	t.Run("nobody", func(t *testing.T) { test(t, false) })
	if os.Geteuid() == 0 {
		t.Run("root", func(t *testing.T) { test(t, true) })
	}
}

// frame and frames speak as wg-run does with its broker (internal/broker/wire.go).
func frame(tag byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{tag}, uint32(len(text))), text...)
}

func request(verb, profile string) []byte {
	parts := [][]byte{frame('B', "1"), frame('q', verb)}
	if verb != "status" && verb != "forget" {
		parts = append(parts, frame('h', os.Getenv("HOME")+"/.wg"), frame('p', profile))
	}
	return bytes.Join(append(parts, frame('.', "")), nil)
}

// answer is what comes back, in a word: a value, done, refused.
func answer(c io.Reader) string {
	var says []string
	for {
		var h [5]byte
		if _, err := io.ReadFull(c, h[:]); err != nil {
			if len(says) == 0 {
				return "nothing"
			}
			return strings.Join(says, ",")
		}
		text := make([]byte, binary.BigEndian.Uint32(h[1:]))
		if _, err := io.ReadFull(c, text); err != nil {
			return "half"
		}
		switch h[0] {
		case 'v':
			says = append(says, string(text))
		case 'k', 'j':
			says = append(says, "done")
		case 'x':
			says = append(says, "refused")
		case 'e', 'n', 'b':
			says = append(says, fmt.Sprintf("%c:%s", h[0], text))
		case '.':
			return strings.Join(says, ",")
		}
	}
}

// connect opens a connection to the first broker that is found in that way.
func connect(scan bool) (net.Conn, error) {
	path := ""
	if scan {
		list, err := os.ReadFile("/proc/net/unix")
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(list)) {
			if _, name, ok := strings.Cut(line, os.Getenv("D")+"/wg-run/"); ok {
				path = os.Getenv("D") + "/wg-run/" + strings.TrimSpace(name)
			}
		}
	} else if found, _ := filepath.Glob(os.Getenv("D") + "/wg-run/*/*"); len(found) > 0 {
		path = found[0]
	}
	if path == "" {
		return nil, errors.New("no socket is found")
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		err = c.SetDeadline(time.Now().Add(10 * time.Second))
	}
	return c, err
}
