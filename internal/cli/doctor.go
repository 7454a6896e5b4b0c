package cli

import (
	"context"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type doctorCmd struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Help is shown by --help.
func (doctorCmd) Help() string {
	return `Looks at the backends, the modes of files, profiles and whether their secrets
resolve, the clients of your own, what is left of api_key_env, variables of this shell
that hold a stored secret, the plaintext store, programs that close descriptors, and what
lets others see a worker's memory (ptrace, isolation, core files, swap). A line ends with
what mends it.

It makes nobody unlock a keyring; a password manager that a profile names is asked
as a run asks it, but has no terminal to ask on. Exit status: 0 healthy, 1 a problem was found; a note is none.`
}

// The states of a finding. A problem makes doctor exit with 1; a note is about this
// machine, or something that was chosen, and does not.
const (
	stateOK      = "ok"
	stateNote    = "note"
	stateProblem = "problem"
)

// finding is one line of the table.
type finding struct {
	Check string `json:"check"`
	State string `json:"state"`
	Text  string `json:"text"`
	// Mend is the command, or the line to write, that mends it.
	Mend string `json:"mend,omitempty"`
}

// doctor is what the checks look at, and what they find.
type doctor struct {
	home     profiles.Home
	config   profiles.Config
	r        *resolve.Resolver
	asJSON   bool
	findings []finding
	// check is the running check's name.
	check string
	// down is why a backend is not asked any more: once is enough for what hangs.
	down map[string]error
	// asked are the answers by reference.
	asked map[resolve.Ref]answered
}

type answered struct {
	secret *resolve.Secret
	err    error
}

// doctorChecks is the table of what can be wrong, in the order of its printing.
var doctorChecks = []struct {
	name string
	run  func(*doctor, context.Context)
}{
	{"backends", (*doctor).checkBackends},
	{"files", (*doctor).checkFiles},
	{"plaintext", (*doctor).checkPlaintext},
	{"age", (*doctor).checkAge},
	{"profiles", (*doctor).checkProfiles},
	{"clients", (*doctor).checkClients},
	{"api_key_env", (*doctor).checkLeftovers},
	{"environment", (*doctor).checkEnvironment},
	{"launchers", (*doctor).checkLaunchers},
	{"brokers", (*doctor).checkBrokers},
	{"system", (*doctor).checkSystem},
}

// checkPlatform looks at what the platform lets others see of a worker; nil where
// nothing is known.
var checkPlatform func(d *doctor)

// Run checks everything and prints a line for each finding.
func (c *doctorCmd) Run() error {
	home := profiles.Locate()
	r, config, err := settings(home)
	d := &doctor{
		home: home, config: config, r: r, asJSON: c.JSON,
		down: map[string]error{}, asked: map[resolve.Ref]answered{},
	}
	if err != nil { // nothing else can be judged without the settings
		d.check = "config"
		d.problem(err)
		return d.end()
	}
	r.NoPrompt, r.Person, r.Say = true, false, nil // looking is no reason to ask anybody
	defer func() {
		for _, a := range d.asked {
			a.secret.Wipe()
		}
	}()
	for _, check := range doctorChecks {
		d.check = check.name
		before := len(d.findings)
		check.run(d, context.Background())
		if len(d.findings) == before {
			d.add(stateOK, "nothing is wrong", "")
		}
	}
	return d.end()
}

// add notes a finding, and prints it at once: what comes next may take its time.
func (d *doctor) add(state, text, mend string) {
	f := finding{d.check, state, text, mend}
	d.findings = append(d.findings, f)
	if d.asJSON {
		return
	}
	if mend != "" {
		mend = " -> " + mend
	}
	stdout("%-8s %-12s %s\n", state, d.check, names.Escaped(text+mend))
}

func (d *doctor) problem(err error) { d.add(stateProblem, err.Error(), hint.Of(err)) }

// end gives the answer: healthy or not.
func (d *doctor) end() error {
	healthy := true
	for _, f := range d.findings {
		healthy = healthy && f.State != stateProblem
	}
	if d.asJSON {
		if err := printJSON(map[string]any{"healthy": healthy, "findings": d.findings}); err != nil {
			return err
		}
	}
	if !healthy {
		return errSaid
	}
	return nil
}

// checkSystem leaves the platform's part to its file.
func (d *doctor) checkSystem(context.Context) {
	if checkPlatform == nil {
		d.add(stateNote, "nothing is looked at on this platform", "")
		return
	}
	checkPlatform(d)
}
