package e2e

import (
	"maps"
	"strings"
	"testing"

	"filippo.io/age/plugin"
)

// A worker puts a plugin's identity into the file of identities, and the plugin on PATH:
// the next lookup of the broker's does not start it. A plugin that was there is started.
func TestWorkerPlantsPlugin(t *testing.T) {
	ana := ageKey(t)
	files := without(someHome, "")
	maps.Copy(files, ageFiles(t, ana, ageKey(t).Recipient().String()))
	files["config.toml"] = allowed
	files["profiles/s.toml"] = profile("age:a", "model-s")
	files["other.age"] = sealed(t, "version = 1\n", ageKey(t).Recipient().String())
	for _, c := range []struct {
		name, before string
		started      bool
	}{
		{"planted", "", false},
		{"there before", `mkdir $D/bin; plant $D/bin/age-plugin-evil; `, true},
		{"without a broker", "", true},
	} {
		p := below(t, false, files)
		for i, e := range p.env {
			if path, ok := strings.CutPrefix(e, "PATH="); ok {
				p.env[i] = "PATH=" + strings.TrimSuffix(p.wg, "/.wg") + "/run/bin:" + path
			}
		}
		broker := "$W broker --"
		if c.name == "without a broker" {
			broker = ""
		}
		worker := plant + `cat .wg/other.age >.wg/secrets.age; echo $LINE >>.wg/identity.txt; test -e $D/bin/age-plugin-evil || plant $D/bin/age-plugin-evil`
		p.env = append(p.env, "WORKER="+worker, "LINE="+plugin.EncodeIdentity("evil", []byte("x")))
		got := p.exec("", "sh", "-c", plant+c.before+`cd $D/..; exec `+broker+` sh -c '
			w=$WORKER; unset WORKER; $W --isolate -- sh -c "$w"
			$W --profile s -- true 2>$D/said; test ! -e $D/ran || echo ran'`)
		if started := strings.Contains(got.stdout, "ran"); started != c.started {
			t.Errorf("%s: the plugin is started: %v, want %v; %d, stderr %q", c.name, started, c.started, got.code, got.stderr)
		}
	}
}
