package verify

import (
	"os"
	"testing"
)

// The stage runs in an init function, and with that on the process's first thread.
func init() {
	if Staged() {
		os.Exit(Stage())
	}
}

func TestMain(m *testing.M) { os.Exit(m.Run()) }
