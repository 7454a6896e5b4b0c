package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A run that is killed before any of its calls has started nothing that is not in
// audit.jsonl, whose lines are whole, and has left nothing else behind.
func TestKilledRun(t *testing.T) {
	t.Parallel()
	before := map[string]string{"config.toml": allowed + "[audit]\nenabled = true\n", "audit.jsonl": "{\"outcome\":\"earlier\"}\n"}
	for name, text := range someHome {
		if before[name] == "" {
			before[name] = text
		}
	}
	deaths, recorded := 0, 0
	for n := 1; ; n++ {
		p := newPlace(t, before)
		started := filepath.Join(filepath.Dir(p.wg), "started")
		old := p.tree()
		killed, end := p.killedAt(n, "", "--", "sh", "-c", `: >"$0"; cat <&3 >/dev/null`, started)
		doing := fmt.Sprintf("a run, killed before call %d", n)
		now := p.tree()
		lines := audited(t, doing, now["audit.jsonl"])
		if _, err := os.Stat(started); err == nil && lines != 2 {
			t.Errorf("%s: the worker was started and %d lines are written, want 2", doing, lines)
		}
		if left := differing(without(now, "audit.jsonl"), without(old, "audit.jsonl")); len(left) > 0 {
			t.Errorf("%s: %q differ from what they were, want none", doing, left)
		}
		if !killed {
			if end.code != 0 {
				t.Errorf("a run, followed to its end = %d, %q; want 0", end.code, end.stderr)
			}
			break
		}
		deaths++
		recorded += lines - 1
	}
	t.Logf("%d deaths, %d of them recorded", deaths, recorded)
	if deaths < 4 || recorded == 0 || recorded == deaths {
		t.Errorf("%d deaths, %d of them recorded; want 4, and some of both", deaths, recorded)
	}
}

// audited counts the lines of an audit, each of which is to be whole.
func audited(t *testing.T, doing, text string) int {
	t.Helper()
	_, text, _ = strings.Cut(text, " ")
	count := 0
	for line := range strings.Lines(text) {
		count++
		if !json.Valid([]byte(line)) || !strings.HasSuffix(line, "\n") || strings.Contains(line, key) {
			t.Errorf("%s: audit.jsonl has the line %q, want a whole one without a value", doing, line)
		}
	}
	return count
}
