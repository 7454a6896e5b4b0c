package inject

import (
	"slices"
	"testing"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/resolve"
)

func TestExpand(t *testing.T) {
	set := templates([]Delivery{{Want: Want{Name: "api_key"}, Number: 416}, {Want: Want{Name: "git"}, Number: 420}})
	for _, c := range []struct {
		in, want string
		fails    bool
	}{
		{"{handle}", "416", false}, {"{git.handle}", "420", false}, {"{x}", "{x}", false},
		{"{fd}", "", true}, {"{path}", "", true}, {"{git.path}", "", true}, {"{none.handle}", "", true},
	} {
		if got, err := set.expand(c.in, "{", "}"); got != c.want || (err != nil) != c.fails {
			t.Errorf("expand(%q) = %q, %v, want %q, an error: %v", c.in, got, err, c.want, c.fails)
		}
	}
}

// Variables are one whatever the case of their letters.
func TestEnviron(t *testing.T) {
	env := newEnviron([]string{"Path=a", "vault_token=x", "wg_old_handle=416", "WG_KEPT_HANDLE=417", "=C:=C:\\x"})
	if got, ok := env.get("PATH"); got != "a" || !ok {
		t.Errorf("get(PATH) = %q, %v, want a", got, ok)
	}
	dropped, _ := env.dropCredentials(&resolve.Settings{}, []Delivery{{Want: Want{Ref: resolve.Ref{Scheme: "vault"}}}}, nil)
	if len(dropped) != 1 {
		t.Errorf("dropCredentials = %v, want vault_token", dropped)
	}
	env.dropStale([]int{416})
	env.set("PATH", "b")
	want := []string{"PATH=b", "WG_KEPT_HANDLE=417", "=C:=C:\\x"}
	if !slices.Equal(env.list, want) {
		t.Errorf("environment = %q, want %q", env.list, want)
	}
	if got := IsNeeded("SystemRoot"); !got {
		t.Error("IsNeeded(SystemRoot) = false")
	}
	if fd, file := fdpass.Variables("git-hub"); fd != "WG_GIT_HUB_HANDLE" || file != "" {
		t.Errorf("Variables(git-hub) = %q, %q, want WG_GIT_HUB_HANDLE alone", fd, file)
	}
}
