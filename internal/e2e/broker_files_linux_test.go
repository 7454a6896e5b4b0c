package e2e

import (
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// managerHome is someHome, and a profile whose secret a manager of the user's fetches,
// a script that starts another program.
func managerHome() map[string]string {
	files := without(someHome, "")
	files["config.toml"] = allowed + "\n[managers.mgr]\nget = [\"mgr\", \"{path}\"]\n"
	files["profiles/m.toml"] = profile("mgr:x", "model-m")
	return files
}

const (
	planted   = "planted-0123456789abcdef"
	fromStore = "from-the-manager-0123456789"
	// plant makes a program that gives the planted value, and tells whether it is marked.
	plant = `plant() { mkdir -p "${1%/*}"; printf '#!/bin/sh\ngrep NoNewPrivs /proc/self/status >>$D/ran\necho ` + planted + `\n' >"$1.new"; chmod 755 "$1.new"; mv "$1.new" "$1"; }; `
)

// A worker changes what a run goes by; the next run below the broker does not notice,
// or does not start, and one without a broker does notice.
func TestWorkerChangesFiles(t *testing.T) {
	testrig.Need(t, "setpriv")
	for _, c := range []struct {
		name, worker, next string
		want, without      string // what the next run gets, below a broker and without one
	}{
		{"profile", `echo 'api_key_ref = "plaintext:b"' >.wg/profiles/a.toml`, "", keyA, keyB},
		{"variables of a profile", `printf '[env]\nLEAK = "` + planted + `"\n' >>.wg/profiles/a.toml`, "", keyA, keyA + planted},
		{"active profile", `echo b >.wg/active-profile`, "", keyA, keyB},
		{"settings", `echo '[secrets]' >.wg/config.toml`, "", keyA, "125"},
		{"a manager of its own", plant + `plant $D/evil; printf '[managers.evil]\nget = ["%s", "{path}"]\n' $D/evil >>.wg/config.toml
			echo 'api_key_ref = "evil:x"' >.wg/profiles/a.toml`, "", keyA, planted},
		{"secret in the store", `echo ` + planted + ` | $W secret set a --from-stdin 2>$D/said`, "", keyA, planted},
		{"profile use", `$W profile use b 2>$D/said`, "", keyA, keyB},
		{"forget", `$W broker forget 2>$D/said; sed -i s/0123456789abcdef-a/planted/ .wg/secrets.toml`, "", keyA, "sk-or-v1-planted"},
		{"reload", `echo 'api_key_ref = "plaintext:b"' >.wg/profiles/a.toml; $W broker reload 2>$D/said`, "", keyA, keyB},
		{"manager earlier on PATH", plant + `plant $D/absent/mgr`, "m", fromStore, planted},
		{"manager put in its place", plant + `plant $D/bin/mgr`, "m", "125", planted},
		{"manager edited", `printf '#!/bin/sh\necho ` + planted + `\n' >$D/bin/mgr`, "m", "125", planted},
		{"manager's folder put in its place", plant + `mv $D/bin $D/bin2; plant $D/bin/mgr`, "m", "125", planted},
		{"what the manager starts, earlier on PATH", plant + `plant $D/first/tail`, "m", fromStore, planted},
		{"the same in a folder that was not there", plant + `plant $D/absent/tail`, "m", fromStore, planted},
		{"the same in a folder that was closed", plant + `chmod 755 $D/closed; plant $D/closed/tail`, "m", fromStore, planted},
		{"the same in a folder whose parent is open", plant + `mv $D/parent/in $D/parent/out; plant $D/parent/in/tail`, "m", fromStore, planted},
		{"socket taken away, and a manager of its own", plant + `mv $(echo $D/wg-run/*/socket) $D/moved; plant $D/evil
			printf '[managers.evil]\nget = ["%s", "{path}"]\n' $D/evil >>.wg/config.toml; echo 'api_key_ref = "evil:x"' >.wg/profiles/a.toml`, "", keyA, ""},
		{"folder of the socket taken away", `mv $D/wg-run $D/moved; echo 'api_key_ref = "plaintext:b"' >.wg/profiles/a.toml`, "", keyA, keyB},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, broker := range []bool{true, false} {
				p := below(t, false, managerHome())
				p.env = append(p.env, "PROFILE="+c.next, "WORKER="+c.worker)
				for i, e := range p.env {
					if path, ok := strings.CutPrefix(e, "PATH="); ok {
						home := strings.TrimSuffix(p.wg, "/.wg") + "/run"
						p.env[i] = strings.ReplaceAll("PATH=@/absent:@/closed:@/parent/in:@/first:@/bin:/usr/bin:/bin:", "@", home) + path
					}
				}
				before := []string{"sh", "-c", `cd $D; mkdir first bin parent parent/in closed; chmod 555 closed parent/in
					printf '#!/bin/sh\necho ` + fromStore + ` | tail -n 1\n' >bin/mgr; chmod 755 bin/mgr; cd ..; exec "$@"`, "sh"}
				if broker {
					before = append(before, p.bin, "broker", "--")
				}
				got := p.exec("", append(before, "sh", "-c", `cd $D/..; w=$WORKER; unset WORKER; $W --isolate -- sh -c "$w"
					$W ${PROFILE:+--profile $PROFILE} -- sh -c 'cat <&3; echo $LEAK' || echo $?
					test ! -e $D/ran || echo ran $(cat $D/ran)`)...)
				value, ran, _ := strings.Cut(strings.TrimSpace(got.stdout), "\n")
				if want := c.without; !broker && want != "" && value != want {
					t.Errorf("without a broker the next run gets %q, want %q: this tests nothing; stderr %q", value, want, got.stderr)
				}
				if broker && (value != c.want || ran != "") {
					t.Errorf("below the broker the next run gets %q, and the worker's program says %q; want %q and nothing; stderr %q", value, ran, c.want, got.stderr)
				}
				if said := strings.Contains(got.stderr, "cannot be reached") || strings.Contains(got.stderr, "not what it was"); broker && said != (c.want == "125") {
					t.Errorf("below the broker stderr is %q, want it to say why it is refused: %v", got.stderr, c.want == "125")
				}
			}
		})
	}
}
