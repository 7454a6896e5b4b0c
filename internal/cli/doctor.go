package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type doctorCmd struct {
	JSON bool `name:"json" help:"Print one JSON object."`
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
	findings []finding
	// check is the running check's name.
	check string
	// locked are the backends that nobody is to be made to unlock.
	locked map[string]bool
	// values are the secrets that were resolved, by reference.
	values map[string]*resolve.Secret
}

// doctorChecks is the table of what can be wrong, in the order of its printing.
var doctorChecks = []struct {
	name string
	run  func(*doctor, context.Context)
}{
	{"backends", (*doctor).checkBackends},
	{"files", (*doctor).checkFiles},
	{"plaintext", (*doctor).checkPlaintext},
	{"profiles", (*doctor).checkProfiles},
	{"api_key_env", (*doctor).checkLeftovers},
	{"environment", (*doctor).checkEnvironment},
	{"launchers", (*doctor).checkLaunchers},
	{"system", (*doctor).checkSystem},
}

// checkPlatform looks at what the platform lets others see of a worker; nil where
// nothing is known.
var checkPlatform func(d *doctor)

// Run checks everything and prints a line for each finding.
func (c *doctorCmd) Run() error {
	home := profiles.Locate()
	r, config, err := settings(home)
	if err != nil { // nothing else can be judged without the settings
		d := &doctor{check: "config"}
		d.problem(err)
		return d.print(c.JSON)
	}
	d := &doctor{home: home, config: config, r: r, locked: map[string]bool{}, values: map[string]*resolve.Secret{}}
	defer func() {
		for _, secret := range d.values {
			secret.Wipe()
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
	return d.print(c.JSON)
}

func (d *doctor) add(state, text, mend string) {
	d.findings = append(d.findings, finding{d.check, state, text, mend})
}

func (d *doctor) problem(err error) { d.add(stateProblem, err.Error(), hint.Of(err)) }

func (d *doctor) print(asJSON bool) error {
	healthy := true
	for _, f := range d.findings {
		healthy = healthy && f.State != stateProblem
	}
	if asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"healthy": healthy, "findings": d.findings}); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
	} else {
		for _, f := range d.findings {
			if f.Mend != "" {
				f.Mend = " -> " + f.Mend
			}
			stdout("%-8s %-12s %s%s\n", f.State, f.Check, f.Text, f.Mend)
		}
	}
	if !healthy {
		return errSaid
	}
	return nil
}

// checkSystem leaves the platform's part to its file.
func (d *doctor) checkSystem(context.Context) {
	if checkPlatform != nil {
		checkPlatform(d)
	}
}
