package inject

import (
	"fmt"
	"strings"
	"testing"

	"github.com/graphwork/wg-run/internal/testrig"
)

// What a worker gets, for what the caller of wg-run left open.
func TestExec(t *testing.T) {
	twelve := "api_key=pipe"
	for i := 2; i <= 12; i++ {
		twelve += fmt.Sprintf(" s%d=%s", i, []string{"memfd", "pipe"}[i%2])
	}
	const four = "api_key=pipe second=memfd third=pipe fourth=memfd"
	for _, c := range []struct {
		call    string
		open    string // the caller's descriptors
		env     string
		secrets string
		numbers string // those of the secrets
		left    string // those of the caller's that the worker still has
	}{
		{"nothing open", "", "", "api_key=pipe", "3", ""},
		{"a memory file", "", "", "api_key=memfd", "3", ""},
		{"3 and 5 open", "3 5", "", "api_key=pipe git-hub=memfd", "4 6", "3 5"},
		{"4 open", "4", "", "api_key=memfd second=pipe", "3 5", "4"},
		{"twelve secrets", "", "", twelve, "3 4 5 6 7 8 9 10 11 12 13 14", ""},
		{"twelve secrets between others", "3 5 8 16", "", twelve, "4 6 7 9 10 11 12 13 14 15 17 18", "3 5 8 16"},
		{"the runtime's poller", "", "testOnlyPoller=1", four, "3 4 5 6", ""},
		{"the runtime's poller between others", "3 5", "testOnlyPoller=1", four, "4 6 7 8", "3 5"},
		{"a passphrase's descriptor", "3 4", "WG_AGE_PASSPHRASE_FD=4", "api_key=pipe", "5", "3"},
		{"one that is not open", "", "WG_AGE_PASSPHRASE_FD=3", "api_key=pipe", "3", ""},
	} {
		// With files of the cgroup open (Go's default) ours come later than their
		// numbers; without, the first can sit on its own.
		for _, runtime := range []string{" GODEBUG=containermaxprocs=1", " GODEBUG=containermaxprocs=0"} {
			got, call := runWorker(t, self(t), c.open, c.env+runtime, strings.Fields(c.secrets)), c.call+runtime
			checkSecrets(t, call, got, strings.Fields(c.secrets), strings.Fields(c.numbers))
			checkCallers(t, call, got, strings.Fields(c.left))
			if want := len(strings.Fields(c.numbers)) + len(strings.Fields(c.left)); len(got.Inherited) != want {
				t.Errorf("%s: the worker inherits %v, want %d descriptors", call, got.Inherited, want)
			}
			if poller := strings.Contains(c.env, "Poller"); poller && !overlap(got.Held, c.numbers) {
				t.Errorf("%s: the poller held %q, want one of %s, or this tests nothing", call, got.Held, c.numbers)
			}
			if got.Dumpable != 1 {
				t.Errorf("%s: PR_GET_DUMPABLE in the worker = %d, want 1 as without wg-run", call, got.Dumpable)
			}
		}
	}
}

// An unprivileged user's memory is closed too: it still finds its memory files.
func TestExecAsNobody(t *testing.T) {
	if !testrig.IsNobody() {
		testrig.AsNobody(t)
		return
	}
	got := runWorker(t, self(t), "3", "", []string{"api_key=memfd", "second=pipe"})
	checkSecrets(t, "as nobody", got, []string{"api_key", "second"}, []string{"4", "5"})
	checkCallers(t, "as nobody", got, []string{"3"})
}
