package resolve

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	agetest "c2sp.org/CCTV/age"
	"filippo.io/age"
)

// vector is one of age's public test vectors (c2sp.org/CCTV/age): lines "key: value",
// an empty line, and the file.
type vector struct {
	expect     string
	hash       string
	identities []age.Identity
	file       []byte
}

func readVector(text []byte) (v vector, err error) {
	head, file, ok := bytes.Cut(text, []byte("\n\n"))
	if !ok {
		return v, errors.New("no empty line")
	}
	v.file = file
	for line := range strings.Lines(string(head)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		var id age.Identity
		switch key {
		case "expect":
			v.expect = value
		case "payload":
			v.hash = value
		case "identity":
			id, err = parseIdentity(value)
		case "passphrase":
			id, err = age.NewScryptIdentity(value)
		case "compressed":
			var r io.Reader
			if r, err = zlib.NewReader(bytes.NewReader(file)); err == nil {
				v.file, err = io.ReadAll(r)
			}
		case "file key", "armored", "comment":
		default:
			err = fmt.Errorf("unknown key %q", key)
		}
		if err != nil {
			return v, err
		}
		if id != nil {
			v.identities = append(v.identities, id)
		}
	}
	return v, nil
}

// vectorErrors are the errors that fit what a vector expects. The header's own kinds
// are told further apart by vectorKinds.
var vectorErrors = map[string][]error{
	"success":         nil,
	"no match":        {errWrongIdentity},
	"HMAC failure":    {errCorrupt},
	"header failure":  {errCorrupt, errCutOff, errNewerAge, errNotSealed, errSealedEmpty},
	"armor failure":   {errCorrupt, errCutOff, errNotSealed, errSealedEmpty},
	"payload failure": {errCorrupt, errCutOff},
}

// vectorKinds are vectors whose error has to be one of them: each tells a person to do
// something else.
var vectorKinds = map[string]error{
	"empty":                           errSealedEmpty,
	"version_unsupported":             errNewerAge,
	"header_crlf":                     errCorrupt, // by a git that converts line ends, and no newer version
	"armor_header_crlf":               errCorrupt,
	"armor_garbage_leading":           errNotSealed,
	"armor_garbage_trailing":          errCorrupt, // whole, and more
	"armor_whitespace_end":            errCorrupt,
	"armor_no_end_line":               errCutOff,
	"stream_no_chunks":                errCutOff,
	"stream_no_nonce":                 errCutOff,
	"stream_short_nonce":              errCutOff,
	"stream_no_final_full":            errCutOff,
	"armor_invalid_character_payload": errCorrupt,
}

// All vectors apply: unseal takes both forms and finds out by itself which one it has,
// so those of the armor are not set apart; "file key" is of the library's inside. Where
// a vector states the hash of a payload that is cut short, that part is withheld: a
// store is taken whole or not at all.
func TestAgeVectors(t *testing.T) {
	entries, err := fs.ReadDir(agetest.Vectors, ".")
	if err != nil || len(entries) < 140 {
		t.Fatalf("the vectors: %d, %v; want all of them", len(entries), err)
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(agetest.Vectors, e.Name())
			if err != nil {
				t.Fatal(err)
			}
			v, err := readVector(text)
			if err != nil {
				t.Fatal(err)
			}
			v.check(t, e.Name())
		})
	}
}

func (v *vector) check(t *testing.T, name string) {
	t.Helper()
	wanted, ok := vectorErrors[v.expect]
	if !ok {
		t.Fatalf("vector %s expects %q, want one of those that are known here", name, v.expect)
	}
	file := bytes.Clone(v.file)
	got, err := unseal(v.file, maxStore, v.identities...)
	if !bytes.Equal(file, v.file) {
		t.Errorf("unseal(%s) changed the file, want it untouched", name)
	}
	if v.expect == "success" {
		sum := sha256.Sum256(got)
		if err != nil || hex.EncodeToString(sum[:]) != v.hash {
			t.Errorf("unseal(%s) = %d bytes, %v; want the payload of hash %s", name, len(got), err, v.hash)
		}
		return
	}
	if got != nil || !anyOf(err, wanted) {
		t.Errorf("unseal(%s) = %d bytes, %v; want no byte and one of %q (%s)", name, len(got), err, wanted, v.expect)
	}
	if kind, ok := vectorKinds[name]; ok && !errors.Is(err, kind) {
		t.Errorf("unseal(%s) = %v, want %q", name, err, kind)
	}
}

func anyOf(err error, wanted []error) bool {
	for _, w := range wanted {
		if errors.Is(err, w) {
			return true
		}
	}
	return false
}
