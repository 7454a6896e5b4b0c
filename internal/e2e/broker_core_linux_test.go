package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A worker raises a sibling's limit of core files and has it end by another limit: there
// is no core file, but where the worker is not isolated.
func TestSiblingLeavesNoCore(t *testing.T) {
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil || strings.ContainsAny(string(pattern), "|/@") {
		t.Skip("core files go elsewhere here")
	}
	users(t, func(t *testing.T, root bool) {
		for _, flags := range []string{"", "--no-isolate"} {
			p := below(t, root, someHome)
			p.env = append(p.env, "FLAGS="+flags, testOnlyRole+"=limit")
			got := p.exec("", "sh", "-c", `cd $D; ulimit -S -c 0; exec $W broker -- sh -c '
				$W --profile b -- sh -c "k=\$(cat <&3); while :; do :; done" & s=$!
				until read k </proc/$s/comm && test "$k" = sh; do :; done
				$W $FLAGS -- $T $s || kill $s; wait $s; echo $?' & wait $!`)
			core, _ := filepath.Glob(filepath.Dir(p.wg) + "/run/core*")
			leaked := false
			for _, name := range core {
				b, _ := os.ReadFile(name)
				leaked = leaked || strings.Contains(string(b), keyB)
			}
			if leaked != (flags != "") {
				t.Errorf("a worker with flags %q sets the limits of its sibling: %q, %q, core files %q; want the secret there: %v", flags, got.stdout, got.stderr, core, flags != "")
			}
		}
	})
}

// The broker and its helper leave no core file, whatever the limits were and whoever
// ends them; a process that is as open as others does.
func TestBrokerLeavesNoCore(t *testing.T) {
	files := managerHome()
	files["config.toml"] = allowed + "\n[managers.mgr]\nget = [\"sleep\", \"20{path}\"]\n"
	files["profiles/m.toml"] = profile("mgr:0", "model-m")
	p := below(t, false, files)
	p.env = append(p.env, testOnlyRole+"=cores")
	got := p.exec("", "sh", "-c", `ulimit -c unlimited 2>/dev/null; exec $W broker -- sh -c '
			$W --profile m -- true 2>/dev/null & m=$!
			$T $$ ${WG_BROKER%%:*}; kill $m'`)
	for _, name := range []string{"broker", "helper"} {
		if !strings.Contains(got.stdout, name+" closed 0 0\n") {
			t.Errorf("what the system says is %q, stderr %q; want the %s closed, and its limit of core files 0 0", got.stdout, got.stderr, name)
		}
	}
	if !strings.Contains(got.stdout, "dispatcher open unlimited") {
		t.Errorf("what the system says is %q; want the dispatcher open, else this tests nothing", got.stdout)
	}
}
