package cli

import (
	"strconv"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/verify"
)

// Exit codes. A worker's own replaces them: wg-run becomes the worker.
const (
	exitNo            = 1   // no, not found, failed
	exitUsage         = 2   // the command line is wrong
	exitRefused       = 125 // a run that wg-run itself refuses or fails at
	exitNotExecutable = 126
	exitNoWorker      = 127

	exitAny = -1 // in exitCodes: whatever the worker returned
)

// exitCode is one line of the exit codes.
type exitCode struct {
	of    string // a run, verify, or another command
	code  int
	means string
}

// exitCodes is THE LIST of what wg-run returns, for --help and the manual.
var exitCodes = []exitCode{
	{"run", exitAny, "the worker's own"},
	{"run", inject.CodeTimedOut, "--timeout ended the worker"},
	{"run", exitRefused, "wg-run refused the run or failed, or with --require-read a secret was left unread"},
	{"run", exitNotExecutable, "the worker cannot be executed"},
	{"run", exitNoWorker, "there is no such worker"},
	{"run", inject.CodeSignal, "signal n ended the worker, and wg-run had stayed as its parent"},
	{"verify", 0, "no leak was seen (clean)"},
	{"verify", verify.CodeLeaked, "a canary was seen where it does not belong (leaked)"},
	{"verify", verify.CodeNeverRead, "no leak was seen, and a canary was not read (never read)"},
	{"verify", verify.CodeIncomplete, "something could not be looked at (incomplete), or wg-run failed"},
	{"verify", exitNotExecutable, "the worker cannot be executed"},
	{"verify", exitNoWorker, "there is no such worker"},
	{"command", 0, "done, yes"},
	{"command", exitNo, "no, not found, failed"},
	{"command", exitUsage, "the command line is wrong, as of a run without --"},
}

// shown is the code as people write it: a signal's number is added to its own.
func (e exitCode) shown() string {
	switch e.code {
	case exitAny:
		return "any"
	case inject.CodeSignal:
		return strconv.Itoa(e.code) + "+n"
	}
	return strconv.Itoa(e.code)
}
