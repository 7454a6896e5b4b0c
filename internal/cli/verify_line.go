package cli

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/hint"
)

// verifyLine refuses a line that was meant to verify a worker and has no "--".
func verifyLine(args []string) error {
	if args[0] != "verify" || slices.Contains(args, "--help") || slices.Contains(args, "-h") {
		return nil
	}
	return hint.Add(errors.New("reading the command line: there is no '--' before the worker"), "wg-run verify -- WORKER [ARG...]; or see wg-run verify --help")
}

// ofRuns is the error for a flag that only a run has: the first one on the line.
func ofRuns(args []string) error {
	has := func(grammar reflect.Type, name string) bool {
		return fieldOf(reflect.New(grammar).Elem(), name).IsValid()
	}
	for _, a := range args {
		flag, ok := strings.CutPrefix(a, "--")
		name, _, _ := strings.Cut(flag, "=")
		if ok && has(reflect.TypeFor[runFlags](), name) && !has(verifyGrammar, name) {
			return hint.Add(fmt.Errorf("reading the command line: --%s means nothing in verify, which delivers a canary and watches all that is done with it", name),
				"leave it out; wg-run verify --help")
		}
	}
	return nil
}
