package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/safefile"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// auditLine is one line of audit.jsonl. None of its fields can hold a value.
type auditLine struct {
	Time    string `json:"time"`
	Outcome string `json:"outcome"`
	Profile string `json:"profile,omitempty"`
	Secret  string `json:"secret,omitempty"`
	Ref     string `json:"ref,omitempty"`
	Source  string `json:"source,omitempty"` // the backend that had it
	Channel string `json:"channel,omitempty"`
	Program string `json:"program,omitempty"`
	PID     int    `json:"pid"`
	UID     int    `json:"uid"`
	Error   string `json:"error,omitempty"`
}

// The outcomes of an audit line.
const (
	auditDelivered = "delivered" // written before the worker is executed
	auditRefused   = "refused"
	auditRevealed  = "revealed" // by secret get --reveal
)

// auditTime bounds the wait for another process that is writing its line.
const auditTime = 5 * time.Second

// audit writes the lines of one run; nil writes nothing.
type audit struct {
	home    profiles.Home
	profile string
	program string
	secrets []inject.Want
}

func newAudit(home profiles.Home, enabled bool) *audit {
	if !enabled {
		return nil
	}
	return &audit{home: home}
}

// of notes what the run is about, as far as it is known.
func (a *audit) of(req inject.Request, profile string) {
	if a == nil {
		return
	}
	a.secrets, a.profile = req.Secrets, profile
	if len(req.Argv) > 0 {
		a.program = req.Argv[0]
	}
}

// delivered records a plan that is about to be executed. Where that cannot be
// written nothing is to be delivered.
func (a *audit) delivered(p *inject.Plan) error {
	if a == nil {
		return nil
	}
	a.program = p.Path
	if abs, err := filepath.Abs(p.Path); err == nil {
		a.program = abs
	}
	var lines []auditLine
	for _, d := range p.Deliveries {
		l := a.line(auditDelivered, d.Name, d.Ref.String(), d.Channel.Name, nil)
		l.Source = d.Source
		lines = append(lines, l)
	}
	return a.write(lines)
}

// refused records a run that ended before its worker began, and returns err.
func (a *audit) refused(err error) error {
	if a == nil {
		return err
	}
	var lines []auditLine
	for _, w := range a.secrets {
		lines = append(lines, a.line(auditRefused, w.Name, w.Ref.String(), w.Via, err))
	}
	if len(lines) == 0 {
		lines = append(lines, a.line(auditRefused, "", "", "", err))
	}
	if werr := a.write(lines); werr != nil {
		say(werr.Error())
	}
	return err
}

// auditRevealing records that the value of ref, which that backend had, is about to be
// printed.
func auditRevealing(ref resolve.Ref, source string) error {
	home := profiles.Locate()
	config, err := home.Config()
	if err != nil || !config.Audit {
		return err
	}
	a := newAudit(home, true)
	a.program = "wg-run secret get --reveal"
	l := a.line(auditRevealed, "", ref.String(), "stdout", nil)
	l.Source = source
	return a.write([]auditLine{l})
}

func (a *audit) line(outcome, secret, ref, channel string, err error) auditLine {
	l := auditLine{
		Time: time.Now().UTC().Format(time.RFC3339Nano), Outcome: outcome, Profile: names.Or(a.profile, "…"),
		Secret: names.Or(secret, "…"), Ref: ref, Channel: names.Or(channel, "…"), Program: a.program, PID: os.Getpid(), UID: os.Getuid(),
	}
	if names.PathLooksSecret(a.program) || !strings.Contains(a.program, "/") && names.LooksSecret(a.program) {
		l.Program = "…"
	}
	if err != nil {
		l.Error = err.Error()
	}
	return l
}

// write appends all lines at once, so that a run's stand together.
func (a *audit) write(lines []auditLine) error {
	var data []byte
	for _, l := range lines {
		line, err := jsonLine(l)
		if err != nil {
			return fmt.Errorf("writing audit.jsonl: %w", err)
		}
		data = append(data, line...)
	}
	path, err := a.home.Path("audit.jsonl")
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), auditTime)
		defer cancel()
		err = safefile.Append(ctx, path, data)
	}
	if err != nil {
		return fmt.Errorf("writing audit.jsonl, which config.toml asks for: %w", err)
	}
	return nil
}
