package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/posener/complete"
)

// candidates completes the last of words, which are those behind "wg-run" and
// before the cursor. What stands behind "--" is the worker's, and its shell's to complete.
func candidates(ctx context.Context, words []string) []string {
	complete.Log = func(string, ...any) {} // with COMP_DEBUG it repeats what is typed
	last := len(words) - 1
	done, word := words[:last:last], words[last]
	if slices.Contains(done, "--") {
		return nil
	}
	typed := "" // what stands before the part that is completed
	if flag, value, ok := strings.Cut(word, "="); ok && strings.HasPrefix(flag, "--") {
		typed, word, done = flag+"=", value, append(done, flag)
	}
	e := &engine{ctx: ctx}
	root, err := e.grammar(done)
	if err != nil {
		return nil
	}
	args := complete.Args{All: append(done, word), Completed: done, Last: word}
	if len(done) > 0 {
		args.LastCompleted = done[len(done)-1]
	}
	found := root.Predict(args)
	if typed != "" && !e.flag { // no flag, or a switch
		return nil
	}
	var list []string
	for _, c := range found {
		// A bare "keyring:" adds nothing to itself, and a shell would end the word there.
		if strings.HasPrefix(c, word) && (c != word || !strings.HasSuffix(c, ":")) {
			list = append(list, typed+c)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// engine turns kong's grammar into that of package complete.
type engine struct {
	ctx  context.Context
	flag bool // what was asked for is the value of a flag
}

// grammar is that of our commands if the line begins with one, else that of a run.
func (e *engine) grammar(done []string) (*complete.Command, error) {
	var c commands
	k, err := kong.New(&c, kong.Name("wg-run"), lists())
	if err != nil {
		return nil, err
	}
	ours := e.bridge(k.Model.Node)
	if err := e.brokerLine(ours); err != nil {
		return nil, err
	}
	follows := ours.Sub["verify"]
	follows.Args = complete.PredictSet("--")
	ours.Sub["verify"] = follows
	if len(done) > 0 {
		if _, ok := ours.Sub[done[0]]; ok {
			return ours, nil
		}
	}
	var f topLine
	if k, err = kong.New(&f, kong.Name("wg-run"), lists()); err != nil {
		return nil, err
	}
	run := e.bridge(k.Model.Node)
	if len(done) == 0 {
		run.Sub = ours.Sub
	}
	run.Args = complete.PredictSet("--")
	return run, nil
}

// brokerLine adds what stands before a dispatcher, which is read by a grammar of its own.
func (e *engine) brokerLine(ours *complete.Command) error {
	k, err := kong.New(&brokerFlags{}, kong.Name("wg-run broker"))
	if err != nil {
		return err
	}
	line, broker := e.bridge(k.Model.Node), ours.Sub["broker"]
	broker.Flags = line.GlobalFlags
	broker.Args = complete.PredictSet("--")
	ours.Sub["broker"] = broker
	return nil
}

// bridge makes the engine's command of a node of kong's grammar.
func (e *engine) bridge(node *kong.Node) *complete.Command {
	c := &complete.Command{Sub: complete.Commands{}, GlobalFlags: complete.Flags{}}
	for _, child := range node.Children {
		if !child.Hidden {
			c.Sub[child.Name] = *e.bridge(child)
		}
	}
	for _, flag := range node.Flags {
		if flag.Hidden {
			continue
		}
		p := e.noted(e.predictorOf(flag.Value))
		c.GlobalFlags["--"+flag.Name] = p
		if flag.Short != 0 {
			c.GlobalFlags["-"+string(flag.Short)] = p
		}
	}
	c.Args = e.positionals(node, c.GlobalFlags)
	return c
}

// noted is p, the predictor of a flag's value, or nil for a switch.
func (e *engine) noted(p complete.Predictor) complete.Predictor {
	if p == nil {
		return nil
	}
	return complete.PredictFunc(func(a complete.Args) []string {
		e.flag = true
		return p.Predict(a)
	})
}

// positionals completes the arguments that are no flags, each as its own tag says.
func (e *engine) positionals(node *kong.Node, flags complete.Flags) complete.Predictor {
	return complete.PredictFunc(func(a complete.Args) []string {
		n := 0
		for i, word := range a.Completed {
			value := i > 0 && flags[a.Completed[i-1]] != nil
			if !value && !strings.HasPrefix(word, "-") {
				n++
			}
		}
		if n >= len(node.Positional) {
			return nil
		}
		return complete.PredictOr(e.predictorOf(node.Positional[n])).Predict(a)
	})
}

// predictorOf is nil for a switch, which is followed by no value.
func (e *engine) predictorOf(v *kong.Value) complete.Predictor {
	if v.IsBool() {
		return nil
	}
	if v.Enum != "" {
		return complete.PredictSet(v.EnumSlice()...)
	}
	name := v.Tag.Get("predictor")
	for _, p := range predictors {
		if p.name == name {
			return complete.PredictFunc(func(a complete.Args) []string { return p.list(e.ctx, a.Last) })
		}
	}
	return complete.PredictAnything
}
