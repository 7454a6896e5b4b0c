package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// held is what a run below a dispatcher has of the broker.
type held struct {
	// home is the folder of the files, as the broker read them where they are its business.
	home   profiles.Home
	values map[string]broker.Value
	pid    int
	// alone: there should be a broker, and it could not be asked.
	alone bool
	// programs are those that it found, where alone.
	programs map[string]string
}

// fromBroker asks the broker, where this run is below one, and makes this process a
// worker for it. One that is gone or hangs is done without, and that is said.
func (f *runFlags) fromBroker(home profiles.Home) (*held, error) {
	h := &held{home: home}
	text := os.Getenv(broker.Variable)
	if text == "" {
		return h, nil
	}
	if err := inject.Harden(); err != nil { // the answer holds secrets
		return nil, err
	}
	a, err := broker.ParseAddress(text)
	var answer *broker.Answer
	if err == nil {
		h.pid = a.PID()
		answer, err = broker.Ask(a, f.brokerRequest(home), func() {
			if term.IsTerminal(2) {
				say(fmt.Sprintf("waiting for the broker %d, which looks a secret up (ctrl-c gives up)", a.PID()))
			}
		})
	}
	switch {
	case errors.Is(err, broker.ErrRefused):
		return nil, hint.Add(fmt.Errorf("asking the broker %d: %w", h.pid, err), hint.Of(err))
	case errors.Is(err, broker.ErrCutOff):
		help := "somebody took its socket away, or keeps it busy: wg-run broker status"
		if errors.Is(err, fs.ErrPermission) {
			help = "the broker is of the user who started it: start this run as that user, and change the user behind wg-run"
		}
		return nil, hint.Add(fmt.Errorf("asking the broker %d: %w", h.pid, err), help)
	case err != nil:
		h.alone = true
		if err := f.asBroker(h, a, err); err != nil {
			return nil, err
		}
		which := ""
		if h.pid != 0 {
			which = fmt.Sprintf(" %d", h.pid)
		}
		say(fmt.Sprintf("the broker%s cannot be asked: %v; resolving without it, and nobody is asked to unlock anything", which, err))
	case !answer.Others:
		h.home, h.values = profiles.Unpack(home.Dir, answer.Files), answer.Values
	}
	return h, nil
}

// asBroker has a run that is alone go by the files and the programs that the broker went
// by, or by none: a worker may have changed them, and ended the broker.
func (f *runFlags) asBroker(h *held, a broker.Address, why error) error {
	home, err := absolute(h.home)
	if _, by := f.named(); err != nil || by == "" || a.Home != broker.HomeTag(home.Dir) {
		return nil // it would not have been its business
	}
	files, _, err := home.Snapshot()
	if err != nil {
		return err
	}
	home = profiles.Frozen(home.Dir, files)
	policy, err := policyOf(home)
	if err != nil {
		return err
	}
	if policy.Digest() != a.Digest {
		return hint.Add(fmt.Errorf("asking the broker %d: %w; and settings, profiles or password managers are not what they were when it started", h.pid, why),
			"if that was you: start the dispatcher anew")
	}
	h.home, h.programs = home, policy.Programs
	return nil
}

func (f *runFlags) brokerRequest(home profiles.Home) broker.Request {
	q := broker.Request{Home: home.Dir}
	if !filepath.IsAbs(q.Home) {
		if dir, err := filepath.Abs(q.Home); err == nil && q.Home != "" {
			q.Home = dir
		}
	}
	if name, by := f.named(); by != "" {
		q.Profile = &name
	}
	if f.Ref != "" {
		q.Skip = append(q.Skip, fdpass.MainName)
	}
	for _, text := range f.Secret {
		name, _, _ := strings.Cut(text, "=")
		q.Skip = append(q.Skip, name)
	}
	return q
}

// serve has the resolver take from the broker what that had.
func (h *held) serve(r *resolve.Resolver, req inject.Request) {
	if h.alone {
		r.Ask, r.Person, r.NoPrompt, r.Programs = nil, false, true, h.programs
	}
	if len(h.values) == 0 {
		return
	}
	byRef := map[resolve.Ref]broker.Value{}
	for _, w := range req.Secrets {
		if v, ok := h.values[w.Name]; ok {
			byRef[w.Ref] = v
		}
	}
	r.First = func(ref resolve.Ref) (*resolve.Secret, error) {
		v, ok := byRef[ref]
		if !ok {
			return nil, nil
		}
		for _, line := range v.Says {
			say(line)
		}
		if v.Err != nil {
			return nil, v.Err.Err()
		}
		secret := resolve.NewSecret(append([]byte(nil), v.Secret...))
		secret.Source = v.Source
		return secret, nil
	}
}

// explain says what came from the broker.
func (h *held) explain() {
	switch {
	case h.pid == 0:
	case h.alone:
		row("broker", "%d cannot be asked", h.pid)
	case h.values == nil:
		row("broker", "%d, whose business this is not", h.pid)
	default:
		row("broker", "%d, which had %d of the secrets, and the profile as it was when it started or was last told to reload", h.pid, len(h.values))
	}
}
