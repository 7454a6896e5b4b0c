package cli

import (
	"context"
	"strings"
	"sync"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// predictors is THE LIST of what a flag or an argument can be completed with: one
// line for each, which the grammar names in a tag, as predictor:"profile". list
// need not look at word, the part that is typed: what does not begin with it is
// dropped. None asks for a value or makes anybody unlock anything.
var predictors = []struct {
	name string
	list func(ctx context.Context, word string) []string
}{
	{"profile", profileNames},
	{"secret", secretNames},
	{"ref", references},
	{"secret-or-ref", namesOrReferences},
	{"named-ref", namedReferences},
	{"backend", func(context.Context, string) []string { return resolve.Writable() }},
	{"channel", channelNames},
	{"client", clientNames},
}

func profileNames(context.Context, string) []string {
	list, err := profiles.Locate().List()
	if err != nil {
		return nil
	}
	return shown(list)
}

// shown are the names that may be repeated. Another program's may be anything: what
// is no name of ours could not be given to us either.
func shown(list []string) (ok []string) {
	for _, name := range list {
		if names.Valid(name) && !names.LooksSecret(name) {
			ok = append(ok, name)
		}
	}
	return ok
}

func secretNames(ctx context.Context, _ string) (list []string) {
	for _, found := range stored(ctx, func(string) bool { return true }) {
		list = append(list, found...)
	}
	return list
}

// stored are the names in each store that is wanted. The stores are asked at the
// same time: one that hangs does not hide what the others have.
func stored(ctx context.Context, wanted func(scheme string) bool) map[string][]string {
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return nil
	}
	r.Say = nil
	ctx, cancel := context.WithTimeout(ctx, answerTime*4/5)
	defer cancel()
	var lock sync.Mutex
	var asked sync.WaitGroup
	found := map[string][]string{}
	for _, scheme := range r.Usable() {
		if !wanted(scheme) {
			continue
		}
		asked.Go(func() {
			defer func() { _ = recover() }()
			if list, err := r.List(ctx, scheme); err == nil {
				lock.Lock()
				defer lock.Unlock()
				found[scheme] = shown(list)
			}
		})
	}
	asked.Wait()
	return found
}

// references are the schemes and, of the stores which the word leaves possible,
// the entries. literal: is left out: what comes behind it would be a value, typed
// into the shell's history.
func references(ctx context.Context, word string) (list []string) {
	for _, scheme := range known(profiles.Locate()).Schemes() {
		if scheme != "literal" {
			list = append(list, scheme+":")
		}
	}
	auto := strings.HasPrefix(word, "auto:")
	possible := func(scheme string) bool {
		return auto || strings.HasPrefix(scheme+":", word) || strings.HasPrefix(word, scheme+":")
	}
	for scheme, found := range stored(ctx, possible) {
		if auto {
			scheme = "auto"
		}
		for _, name := range found {
			list = append(list, scheme+":"+name)
		}
	}
	return list
}

// namesOrReferences offers references once a colon says that one is meant.
func namesOrReferences(ctx context.Context, word string) []string {
	if strings.Contains(word, ":") {
		return references(ctx, word)
	}
	return secretNames(ctx, word)
}

// namedReferences completes what stands behind "NAME=".
func namedReferences(ctx context.Context, word string) (list []string) {
	name, ref, ok := strings.Cut(word, "=")
	if !ok {
		return nil
	}
	for _, r := range references(ctx, ref) {
		if !strings.HasSuffix(r, ":") || r != ref {
			list = append(list, name+"="+r)
		}
	}
	return list
}

func channelNames(context.Context, string) (list []string) {
	for _, c := range fdpass.Channels() {
		switch {
		case c.Place == fdpass.InEnvironment:
			list = append(list, c.Name+":")
		case c.Here():
			list = append(list, c.Name)
		}
	}
	return list
}

func clientNames(context.Context, string) (list []string) {
	config, _ := profiles.Locate().Config()
	clients, _ := inject.Clients(config.Clients)
	for _, c := range clients {
		list = append(list, c.Name)
	}
	return list
}
