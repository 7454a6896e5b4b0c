package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// explain prints what a run would do, on stdout and without a value. It asks the
// backends for real and starts nothing.
func explain(f *runFlags, worker []string) int {
	stay, err := f.stay()
	if err == nil {
		_, err = f.isolation()
	}
	if err != nil { // a flag's, as those that parse finds
		return complain(err, exitRefused)
	}
	environ := os.Environ()
	held, err := f.fromBroker(profiles.Locate())
	if err != nil {
		return complain(err, exitNo)
	}
	home := held.home
	r, config, err := settings(home)
	if err != nil {
		return complain(err, exitNo)
	}
	req, c, err := f.request(home, &r.Settings, config.Clients, worker, environ)
	if err != nil {
		return complain(err, exitNo)
	}
	explainRequest(req, c, home)
	held.serve(r, req)
	held.explain()
	r.Trace = explainStep
	plan, err := inject.Prepare(context.Background(), r, req)
	if err != nil {
		return complain(err, exitNo)
	}
	defer plan.Close()
	explainPlan(plan, req)
	f.explainIsolation(plan.Isolate)
	if err := plan.Suits(stay); err != nil {
		return complain(err, exitNo)
	}
	explainWorker(plan, stay.Asked() || plan.MustStay())
	return 0
}

// explainRequest says what is asked for, and by whom.
func explainRequest(req inject.Request, c chosen, home profiles.Home) {
	if c.Profile == nil {
		row("profile", "none")
	} else {
		row("profile", "%s, chosen by %s (%s)", c.Name, c.by, filepath.Join(home.Dir, "profiles", c.Name+".toml"))
	}
	if req.Client != nil {
		row("client", "%s (%s)", req.Client.Name, req.Client.Title)
	}
	for _, w := range req.Secrets {
		row("secret", "%s: %s", names.Or(w.Name, "…"), w.Ref)
	}
}

func explainWorker(p *inject.Plan, stays bool) {
	how := "in place of wg-run"
	if stays {
		how = "below wg-run, which stays"
	}
	if l := inject.LauncherOf(p.Path); l != nil {
		row("launcher", "a program behind %s finds no descriptor: %s; %s", l.Name, l.Why, l.Instead)
	}
	row("worker", "%s, with %s, %s", p.Path, counted(len(p.Argv)-1, "argument"), how)
}

func explainStep(s resolve.Step) {
	answer := ""
	switch resolve.OutcomeOf(s.Err) {
	case resolve.Found:
		answer = fmt.Sprintf("found, %d bytes", s.Size)
	case resolve.NotFound:
		answer = "not found" + goesOn(s)
	case resolve.Unavailable:
		answer = s.Err.Error() + goesOn(s)
	default:
		answer = "failed"
	}
	row("  asked", "%s: %s (%v)", s.Ref, answer, s.Took.Round(10*time.Microsecond))
}

// goesOn says what a search does after a miss.
func goesOn(s resolve.Step) string {
	if s.Next == "" {
		return ""
	}
	return ", on to " + s.Next
}

func explainPlan(p *inject.Plan, req inject.Request) {
	for _, d := range p.Deliveries {
		row("delivered", "%s, %d bytes from %s: %s, %s", d.Name, d.Size, d.Source, d.Channel.Name, d.Where())
	}
	if req.Model != "" {
		row("variable", "WG_MODEL")
	}
	for _, e := range req.Extra() {
		name, _, _ := strings.Cut(e, "=")
		row("variable", "%s", name)
	}
	if placed := req.Placed(p); len(placed) > 0 {
		row("arguments", "%s", hint.Command(placed...))
	}
	for _, d := range p.Dropped {
		row("dropped", "%s: it %s", d.Variable, d.Why)
	}
}

func row(what, format string, args ...any) {
	stdout("%-11s%s\n", what, names.Escaped(fmt.Sprintf(format, args...)))
}
