//go:build unix

package inject

import "path/filepath"

// staysAlways says that no process can be replaced by another.
const staysAlways = false

// maxVariable is how long an entry of the environment may be, in bytes, with the NUL at its
// end (MAX_ARG_STRLEN, execve(2)).
const maxVariable = 128 << 10

// numberKey is what a template says for a number.
const numberKey = "fd"

const lackingHint = "--via pipe, or --via memfd"

// neededHere are variables that a worker cannot do without on this platform only.
var neededHere []string

// foldName is a variable's name in the form in which two that are one are the same.
func foldName(name string) string { return name }

func sameName(a, b string) bool { return a == b }

// programName is what a path to a program calls it.
func programName(path string) string { return filepath.Base(path) }
