package fdpass

import "testing"

func TestVariables(t *testing.T) {
	for _, c := range []struct{ name, fd, file string }{
		{MainName, "WG_API_KEY_FD", "WG_API_KEY_FILE"},
		{"github", "WG_GITHUB_FD", "WG_GITHUB_FILE"},
		{"GitHub2", "WG_GITHUB2_FD", "WG_GITHUB2_FILE"},
		{"api-key", "WG_API_KEY_FD", "WG_API_KEY_FILE"},
		{"a.b-c_d", "WG_A_B_C_D_FD", "WG_A_B_C_D_FILE"},
		{"azAZ09", "WG_AZAZ09_FD", "WG_AZAZ09_FILE"},
		{"a..b", "WG_A__B_FD", "WG_A__B_FILE"},
		{"7", "WG_7_FD", "WG_7_FILE"},
		// Not valid names, and still no other variable's.
		{"a=b\x00", "WG_A_B__FD", "WG_A_B__FILE"},
		{"é", "WG___FD", "WG___FILE"},
	} {
		if fd, file := Variables(c.name); fd != c.fd || file != c.file {
			t.Errorf("Variables(%q) = %s, %s, want %s, %s", c.name, fd, file, c.fd, c.file)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		name, want string
		ok         bool
	}{
		{"", "pipe", true}, {"pipe", "pipe", true}, {"memfd", "memfd", true},
		{"Pipe", "", false}, {"pipe ", "", false}, {"sk-0123456789abcdef", "", false},
	} {
		got, err := Find(c.name)
		if got.Name != c.want || (err == nil) != c.ok {
			t.Errorf("Find(%q) = %q, %v, want %q, found %v", c.name, got.Name, err, c.want, c.ok)
		}
		if !c.ok && err.Error() != "no such channel" {
			t.Errorf("Find(%q): error %q, want one that repeats nothing of what was typed", c.name, err)
		}
	}
	if Channels()[0].Name != "pipe" {
		t.Errorf("Channels()[0] = %s, want pipe, the default", Channels()[0].Name)
	}
}
