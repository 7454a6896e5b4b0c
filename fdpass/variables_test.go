//go:build unix

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
