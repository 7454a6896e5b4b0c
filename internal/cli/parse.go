package cli

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/hint"
)

// parse reads the flags of a run.
func parse(f *runFlags, args []string) error {
	if quick(f, args) {
		return nil
	}
	*f = runFlags{}
	if err := emptyFlag(args, reflect.TypeFor[runFlags]()); err != nil {
		return err
	}
	k, err := kong.New(f, kong.Name("wg-run"), lists(), kong.NoDefaultHelp())
	if err != nil {
		return err
	}
	ctx, err := k.Parse(args)
	if err != nil {
		return restated(err, k.Model, args)
	}
	return givenTwice(ctx)
}

// givenTwice refuses a second --ref or --profile: who gives two wants both, and would get the last.
func givenTwice(ctx *kong.Context) error {
	seen := map[string]bool{}
	for _, p := range ctx.Path {
		if p.Flag == nil {
			continue
		}
		switch name := p.Flag.Name; {
		case !seen[name]:
			seen[name] = true
		case name == "ref" || name == "profile":
			return hint.Add(fmt.Errorf("reading --%s: it is given twice", name), "for a further secret: --secret NAME=REF")
		}
	}
	return nil
}

// emptyFlag refuses a flag of those grammars that is given with an empty value:
// an unset variable in a script must not choose another secret.
func emptyFlag(args []string, grammars ...reflect.Type) error {
	for i, a := range args {
		flag, ok := strings.CutPrefix(a, "--")
		name, value, has := strings.Cut(flag, "=")
		if !ok || value != "" || !has && (i+1 == len(args) || args[i+1] != "") {
			continue
		}
		for _, g := range grammars {
			if field := fieldOf(reflect.New(g).Elem(), name); field.IsValid() && field.Kind() != reflect.Bool {
				return hint.Add(fmt.Errorf("reading --%s: it is empty (an unset variable?)", name), "wg-run --help")
			}
		}
	}
	return nil
}

// choosing are the flags of commands whose value chooses a secret or a store.
type choosing struct{ Secret, Ref, Backend string }

// commands is the grammar of everything but a run.
type commands struct {
	Secret  secretCmd  `cmd:"" help:"Store, show, list, check and remove secrets."`
	Profile profileCmd `cmd:"" help:"Make, show, list, choose and remove profiles."`
	Doctor  doctorCmd  `cmd:"" help:"Look for all that can be wrong, and name the command that mends it."`
	Migrate migrateCmd `cmd:"" help:"Move keys from environment variables into the default backend, and profiles to references."`
	Broker  brokerCmd  `cmd:"" help:"Start a dispatcher, and hold the secrets of its profiles for as long as it runs."`
	Verify  verifyCmd  `cmd:"" help:"Run a worker with a canary in place of its secret, and report where that was seen."`

	Clients clientsCmd `cmd:"" help:"List the programs that --for knows, and how each gets its secret."`

	Completion completionCmd `cmd:"" help:"Print the code that makes a shell complete wg-run's command line."`
}

// command runs one of our commands and returns the exit code.
func command(args []string) int {
	if err := emptyFlag(args, reflect.TypeFor[choosing]()); err != nil {
		return complain(err, exitUsage)
	}
	if err := cmp.Or(dispatcherLine(args), verifyLine(args)); err != nil {
		return complain(err, exitUsage)
	}
	var c commands
	k, err := kong.New(&c, kong.Name("wg-run"), lists(), compact, kong.Help(printHelp))
	if err != nil {
		return complain(err, exitNo)
	}
	ctx, err := k.Parse(args)
	if err != nil {
		return complain(restated(err, k.Model, args), exitUsage)
	}
	if err := inject.Harden(); err != nil {
		return complain(err, exitNo)
	}
	switch err := ctx.Run(); {
	case errors.Is(err, errSaid):
		return exitNo
	case err != nil:
		return complain(err, exitNo)
	}
	return 0
}

var compact = kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true})
