package inject

import (
	"os"
	"path/filepath"
	"strings"
)

// maxVariable is how long a variable may be, in characters with the NUL at its end
// (SetEnvironmentVariable).
const maxVariable = 32767

// numberKey is what a template says for a number: one that takes it for a descriptor would
// fail in a way that says nothing.
const numberKey = "handle"

const lackingHint = "a worker that reads a handle: {handle}, else one that reads its standard input: --via stdin"

// neededHere are variables that a worker cannot do without on this platform only.
var neededHere = []string{
	"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "OS", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
	"USERNAME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)",
}

// foldName is a variable's name in the form in which two that are one are the same.
func foldName(name string) string { return strings.ToUpper(name) }

func sameName(a, b string) bool { return strings.EqualFold(a, b) }

// A handle has the same number in a child.
func init() { numberOf = func(f *os.File) int { return int(f.Fd()) } }

// programName is what a path to a program calls it, without what PATHEXT adds.
func programName(path string) string {
	name := strings.ToLower(filepath.Base(path))
	switch ext := filepath.Ext(name); ext {
	case ".exe", ".com", ".bat", ".cmd": // python3.11 is a name
		return strings.TrimSuffix(name, ext)
	}
	return name
}
