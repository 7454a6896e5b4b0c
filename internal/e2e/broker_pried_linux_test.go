package e2e

import (
	"strconv"
	"strings"
	"testing"
)

// A worker gets into no process of the broker's, nor into its dispatcher or a sibling
// that has not read its secret yet. One that is not isolated gets into those that did
// not close themselves.
func TestWorkerPries(t *testing.T) {
	users(t, func(t *testing.T, root bool) {
		for _, flags := range []string{"", "--no-isolate"} {
			files := managerHome()
			files["config.toml"] = allowed + "\n[managers.mgr]\nget = [\"sleep\", \"20{path}\"]\n"
			files["profiles/m.toml"] = profile("mgr:0", "model-m")
			p := below(t, root, files)
			p.env = append(p.env, testOnlyRole+"=pry", "FLAGS="+flags)
			got := p.exec("", p.bin, "broker", "--", "sh", "-c", `b=${WG_BROKER%%:*}
				$W --profile b -- sleep 20 & s=$!
				$W --profile m -- true 2>/dev/null & m=$!
				until grep -q sleep /proc/$s/comm; do :; done
				$W $FLAGS -- $T dispatcher=$$ broker=$b sibling=$s
				kill $s $m`)
			tried := map[string]int{}
			for line := range strings.Lines(got.stdout) {
				name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
				quoted, said, _ := strings.Cut(rest[1:], `" `)
				tried[name]++
				denied := strings.HasSuffix(said, "operation not permitted") || strings.HasSuffix(said, "permission denied")
				closed := name == "broker" || name == "helper"
				wantDenied := flags == "" || closed && !root && quoted != "limits" && !strings.HasPrefix(quoted, "signal")
				switch {
				case quoted == "value":
					if flags == "" || said != keyB {
						t.Errorf("a worker %q reads the pipe of its sibling: %q", flags, said)
					}
				case quoted == "pipe" && name != "sibling": // it has none
				case flags == "" && root && (quoted == "environ" || quoted == "maps" || quoted == "auxv"): // CAP_PERFMON, as in TestIsolated
				case denied != wantDenied || !denied && said != "<nil>":
					t.Errorf("a worker with flags %q tries %s on the %s: %s, want it denied: %v", flags, quoted, name, said, wantDenied)
				}
			}
			for _, name := range []string{"dispatcher", "broker", "sibling", "helper", "manager"} {
				want := len(prying)
				if name == "sibling" && flags != "" {
					want++
				}
				if tried[name] != want {
					t.Errorf("with flags %q %s attempts on the %s, want %d; stderr %q", flags, strconv.Itoa(tried[name]), name, want, got.stderr)
				}
			}
		}
	})
}
