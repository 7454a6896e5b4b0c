//go:build amd64 || arm64

package verify

import "testing"

// TestShell runs shell lines that leak, and ones that do not.
func TestShell(t *testing.T) {
	for _, c := range []struct {
		name, channel, line, verdict string
		places                       []string
	}{
		{name: "clean", line: `k=$(cat <&3); test -n "$k"; true`, verdict: Clean},
		{name: "never read", line: `true`, verdict: NeverRead},
		{name: "argv", line: `k=$(cat <&3); /bin/echo "$k" >/dev/null; true`, verdict: Leaked,
			places: []string{"argv: argument 1, as it is, echo"}},
		{name: "environment", line: `k=$(cat <&3); export k; /bin/true; true`, verdict: Leaked,
			places: []string{"environment: variable k, as it is, true"}},
		{name: "output", line: `cat <&3`, verdict: Leaked, places: []string{"output: standard output, as it is, "}},
		{name: "error output", line: `cat <&3 >&2`, verdict: Leaked, places: []string{"output: standard error, as it is, "}},
		{name: "base64", line: `(printf x; cat <&3) | base64`, verdict: Leaked, places: []string{"output: standard output, base64, "}},
		{name: "hex", line: `od -An -tx1 <&3`, verdict: Leaked, places: []string{"output: standard output, hex, "}},
		{name: "spaced out", line: `od -An -c -w99 <&3`, verdict: Leaked, places: []string{"output: standard output, spaced out, "}},
		{name: "descriptor", channel: "memfd", line: `k=$(cat <&3); sleep 0; exec 3<&-; true`, verdict: Leaked,
			places: []string{"descriptor: descriptor 3, sleep"}},
		{name: "closed", channel: "memfd", line: `k=$(cat <&3 3<&-); exec 3<&-; /bin/true; true`, verdict: Clean},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &trial{channel: c.channel}
			report := r.run(t, "sh", "-c", c.line)
			check(t, "verdict of "+c.line, report.Verdict, c.verdict)
			check(t, "leaks of "+c.line, report.places(), c.places)
			if t.Failed() {
				t.Logf("%+v", report.public())
			}
		})
	}
}
