package cli

import (
	"fmt"
	"strings"

	"github.com/graphwork/wg-run/internal/verify"
)

// verdicts are for people.
var verdicts = map[string]string{
	verify.Clean:      "no leak was seen",
	verify.Leaked:     "LEAKED",
	verify.NeverRead:  "no leak was seen, but a secret was never read",
	verify.Incomplete: "no leak was seen, but not all could be looked at",
}

// verifyTable prints a report for people.
func verifyTable(r *verify.Report) {
	row("verdict", "%s", verdicts[r.Verdict])
	row("worker", "%s (%d), %s after %.3f s; %d followed, %d looked at", r.Worker.Program, r.Worker.PID, workerEnd(r.Worker),
		r.Worker.Seconds, r.Processes, r.Execs)
	for _, s := range r.Secrets {
		row("secret", "%s (%s): %s", s.Name, s.Channel, reading(s))
	}
	for _, l := range r.Leaks {
		row("leak", "%s", leakText(l))
	}
	for _, text := range r.NotSeen {
		row("not seen", "%s", text)
	}
	for _, text := range r.Notes {
		row("note", "%s", text)
	}
	if len(r.Watched) > 0 {
		row("watched", "%s", strings.Join(r.Watched, ", "))
	}
	if r.Verdict != verify.Leaked {
		row("never seen", "the network, other folders, and what other programs do for the worker (docs/verify.md)")
	}
}

func workerEnd(w verify.Worker) string {
	if w.Signal != "" {
		return "ended by " + w.Signal
	}
	return fmt.Sprintf("exit code %d", w.Exit)
}

// reading says when a secret was read, and by whom.
func reading(s verify.Secret) string {
	by := func(r *verify.Reading) string {
		if r.PID == 0 {
			return fmt.Sprintf("after %.3f s by %s", r.Seconds, r.Program)
		}
		return fmt.Sprintf("after %.3f s by %s (%d)", r.Seconds, r.Program, r.PID)
	}
	switch {
	case s.Full != nil:
		return "read to its end " + by(s.Full)
	case s.First != nil:
		return "read, but not to its end, " + by(s.First)
	case s.Read == "no":
		return "never read"
	}
	return "whether it was read cannot be seen"
}

func leakText(l verify.Leak) string {
	text := l.Secret + " in " + l.Where + ": " + l.Detail
	if l.Program != "" {
		text += fmt.Sprintf(" of %s (%d)", l.Program, l.PID)
	}
	if l.Form != "" {
		text += ", " + l.Form
	}
	if l.When != "" {
		text += ", " + l.When
	}
	if l.Seconds > 0 {
		text += fmt.Sprintf(" (%.3f s)", l.Seconds)
	}
	return text
}
