package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// deed is a command that changes ~/.wg.
type deed struct {
	before map[string]string
	stdin  string
	args   []string
	env    []string
	// gone is what it says, with exit code 1, where it was done before.
	gone string
	// stages are files that are written more than once; each line of them is there
	// in the end.
	stages []string
	// fresh takes back what was done outside of ~/.wg.
	fresh func(p *place)
	// also is checked after each death.
	also func(p *place, doing string)
}

// commented is a config.toml of which only one line may change.
const commented = "# mine\ntheme = \"dark\" # not to be lost\n\n[secrets] # where keys are\ntimeout = \"5s\"\n\n[tui]\nsecrets = \"none\"\n"

var deeds = map[string]deed{
	"secret set, the first":  {stdin: key, args: []string{"secret", "set", "k", "--from-stdin"}, before: map[string]string{"config.toml": allowed}},
	"secret set, a new one":  {stdin: key, args: []string{"secret", "set", "k", "--from-stdin"}, before: someHome},
	"secret set, replacing":  {stdin: key, args: []string{"secret", "set", "a", "--from-stdin"}, before: someHome},
	"secret rm":              {args: []string{"secret", "rm", "a", "--yes"}, before: someHome, gone: "no such entry"},
	"profile create":         {args: []string{"profile", "create", "c", "-m", "x"}, before: map[string]string{"config.toml": allowed}, gone: "there is a profile of that name"},
	"profile create, no .wg": {args: []string{"profile", "create", "c"}, gone: "there is a profile of that name"},
	"profile create --force": {args: []string{"profile", "create", "a", "--secret", "b", "--force"}, before: someHome},
	"profile use":            {args: []string{"profile", "use", "b"}, before: someHome},
	"profile use, the first": {args: []string{"profile", "use", "b"}, before: without(someHome, "active-profile")},
	"profile rm, the active": {args: []string{"profile", "rm", "a"}, before: someHome, gone: "no such profile"},
	"profile rm, another":    {args: []string{"profile", "rm", "b"}, before: someHome, gone: "no such profile"},
	"backend set":            {args: []string{"secret", "backend", "set", "plaintext", "--allow-plaintext"}, before: map[string]string{"config.toml": commented}},
	"backend set, no .wg":    {args: []string{"secret", "backend", "set", "plaintext", "--allow-plaintext"}},
}

// A command that is killed before any of its calls leaves each file as it was or as
// it was to be; the same command once more does the rest and tidies up.
func TestKilledCommand(t *testing.T) {
	for name, d := range deeds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d.killEverywhere(t)
		})
	}
}

func (d *deed) killEverywhere(t *testing.T) {
	undisturbed := newPlace(t, d.before, d.env...)
	old := undisturbed.tree()
	undisturbed.must(d.stdin, d.args...)
	done := undisturbed.tree()
	deaths, untouched, finished := 0, 0, 0
	for n := 1; ; n++ {
		p := newPlace(t, d.before, d.env...)
		if d.fresh != nil {
			d.fresh(p)
		}
		killed, end := p.killedAt(n, d.stdin, d.args...)
		now := p.tree()
		left := differing(now, done)
		if !killed {
			if end.code != 0 || len(left) > 0 {
				t.Errorf("%q, followed to its end = %d, %q, and %q differ from an undisturbed run; want 0 and none", d.args, end.code, end.stderr, left)
			}
			break
		}
		deaths++
		if len(left) == 0 {
			finished++
		} else if len(differing(now, old)) == 0 {
			untouched++
		}
		doing := fmt.Sprintf("%q, killed before its call %d", d.args, n)
		d.checkFiles(t, doing, now, old, done)
		if d.also != nil {
			d.also(p, doing)
		}
		d.again(p, doing, done)
	}
	t.Logf("%d deaths, %d of them before anything was changed, %d after everything", deaths, untouched, finished)
	if deaths < 4 || untouched == 0 || finished == 0 {
		t.Errorf("%q: %d deaths, %d early, %d late; want 4, and some of both", d.args, deaths, untouched, finished)
	}
}

// checkFiles wants each file of now whole: as in old or as in done.
func (d *deed) checkFiles(t *testing.T, doing string, now, old, done map[string]string) {
	t.Helper()
	for path, got := range now {
		was, is := old[path], done[path]
		switch {
		case !private.MatchString(got):
			t.Errorf("%s: %s has mode %.10s, want 0600 or 0700", doing, path, got)
		case temporary.MatchString(path) || got == was || got == is:
		case slices.Contains(d.stages, path) && isStage(got, is):
		default:
			t.Errorf("%s: %s is %q; want the old %q or the new %q", doing, path, got, was, is)
		}
		if backup, ok := done[path+".bak"]; ok && got == is && now[path+".bak"] != backup {
			t.Errorf("%s: %s is changed and its backup is %q, want %q", doing, path, now[path+".bak"], backup)
		}
	}
	for path := range old {
		if _, there := now[path]; !there && done[path] != "" {
			t.Errorf("%s: %s is not there, want the old or the new one", doing, path)
		}
	}
	if active, ok := now["active-profile"]; ok {
		name := strings.Fields(active)[1]
		if now[filepath.Join("profiles", name+".toml")] == "" {
			t.Errorf("%s: active-profile names %s, want a profile that is there", doing, name)
		}
	}
}

// isStage says that got ends with a whole line, and holds lines of is alone.
func isStage(got, is string) bool {
	for line := range strings.Lines(got) {
		if !strings.HasSuffix(line, "\n") || !strings.Contains("\n"+is, line) {
			return false
		}
	}
	return true
}

// again runs the command once more, to the end, and wants what an undisturbed one
// leaves: no temporary files, no second backup.
func (d *deed) again(p *place, doing string, done map[string]string) {
	p.t.Helper()
	wasDone := len(differing(p.tree(), done)) == 0
	got := p.run(d.stdin, d.args...)
	if got.code != 0 && !(wasDone && d.gone != "" && got.code == 1 && strings.Contains(got.stderr, d.gone)) {
		p.t.Errorf("%s, then once more = %d, %q; want 0, or that it was done", doing, got.code, got.stderr)
	}
	if left := differing(p.tree(), done); len(left) > 0 {
		p.t.Errorf("%s, then once more: %q differ from an undisturbed run, want none", doing, left)
	}
}
