package verify

import "os"

// stageName is argv[0] of the process that becomes the program: this program once
// more, which has itself traced first.
const stageName = "wg-run-verify-stage"

// stage, where the platform has it, becomes the program and returns only on failure,
// with what the system said.
var stage func(args []string) int

// Staged says that this process is such a stage, and is to call Stage.
func Staged() bool { return stage != nil && len(os.Args) > 0 && os.Args[0] == stageName }

// Stage becomes the program, on the process's first thread; or it returns the exit code.
func Stage() int { return stage(os.Args[1:]) }
