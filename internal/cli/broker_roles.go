package cli

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/broker"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// brokerRoles are what wg-run does for a broker of its own.
var brokerRoles map[string]func() error

func init() {
	brokerRoles = map[string]func() error{
		broker.RoleDetach: broker.Detach,
		broker.RoleServe:  func() error { return broker.Serve(broker.Hooks{Read: readPolicy, Parse: parsePolicy}) },
		broker.RoleLookup: lookUpForBroker,
	}
}

func brokerRole(name string) int {
	broker.CallMe("wg-run")
	err := inject.Harden()
	if err == nil {
		err = brokerRoles[name]()
	}
	if err != nil {
		return complain(err, exitNo)
	}
	return 0
}

// lookUpForBroker resolves one secret of one profile, by the broker's copy of the files.
func lookUpForBroker() error {
	return broker.Help(os.Stdin, os.Stdout, func() { os.Exit(exitNo) }, func(ctx context.Context, q *broker.Query) broker.Value {
		secret, err := answerQuery(ctx, q)
		if err != nil {
			return broker.Value{Err: broker.FailureOf(err)}
		}
		return brokerValue(secret)
	})
}

// brokerValue is a secret as a broker keeps it.
func brokerValue(secret *resolve.Secret) broker.Value {
	v := broker.Value{Secret: secret.Bytes(), Source: secret.Source}
	if secret.Note != "" {
		v.Says = []string{secret.Note}
	}
	return v
}

// answerQuery resolves what is asked. What there is to say meanwhile is not said: many may
// wait for the answer, and none of them is a terminal's business here.
func answerQuery(ctx context.Context, q *broker.Query) (*resolve.Secret, error) {
	home := profiles.Frozen(q.Home, q.Files)
	r, _, err := settings(home)
	if err != nil {
		return nil, err
	}
	if r.Timeout == 0 && q.Person {
		r.Timeout = resolve.PersonTimeout
	}
	r.Say, r.Ask, r.Person, r.NoPrompt, r.Programs = nil, nil, false, q.Quiet, q.Programs
	wants, err := sharedWants(home, &r.Settings, q.Profile)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(wants, func(w broker.Want) bool { return w.Name == q.Name })
	if i < 0 {
		return nil, errors.New("looking it up: the profile has no such secret")
	}
	return r.Resolve(ctx, wants[i].Ref)
}
