package resolve

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// What a manager prints is a value or no value, and whatever it says is never repeated.
func FuzzManagerAnswer(f *testing.F) {
	const value = "a-value-of-a-manager-0123456789"
	rows := []string{"op", "pass", "bw", "vault", "awssm", "keepassxc", "infisical", "systemd-creds"}
	for i := range rows {
		f.Add(uint8(i), []byte(value+"\n"), "", 0, "a/b")
		f.Add(uint8(i), []byte("a\n├── "+value+"\n"), "Error: "+value+" is not in the password store.", 1, "x")
		f.Add(uint8(i), []byte(`{"SecretString": "`+value+`", "value": "`+value+`"}`), "permission denied "+value, 2, "m/p#f")
		f.Add(uint8(i), []byte(nil), value, 0, value)
	}
	f.Fuzz(func(t *testing.T, which uint8, out []byte, says string, code int, path string) {
		row, err := managerOf(rows[int(which)%len(rows)])
		if err != nil {
			t.Fatal(err)
		}
		given := bytes.Clone(out)
		secret, err := row.value(out, row.FirstLine)
		switch {
		case err != nil && len(given) > 8 && strings.Contains(err.Error(), string(given)):
			t.Errorf("value(%q) = %q, want nothing of it repeated", given, err)
		case err == nil && secret.Len() == 0:
			t.Errorf("value(%q) is an empty secret", given)
		case err == nil && row.Field == "" && !bytes.HasPrefix(given, secret.Bytes()):
			t.Errorf("value(%q) = %q, want the beginning of what was printed", given, secret.Bytes())
		}
		values, err := row.values("x", path)
		if err != nil || len(says) < 16 {
			return
		}
		err = row.explained(&exitError{"exit status 1", code, says, false}, values)
		if err == nil || strings.Contains(path, says) || strings.Contains(row.Title, says) {
			return
		}
		if strings.Contains(err.Error(), says) || errors.Is(err, ErrNotFound) && errors.Is(err, ErrLocked) {
			t.Errorf("explained(%q, %d) = %q, want one meaning, and nothing repeated", says, code, err)
		}
	})
}
