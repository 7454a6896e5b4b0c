package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is set by the linker in a release: -ldflags "-X …/internal/cli.Version=1.2.3".
var Version = "development"

// version is the line of --version: version, commit, Go.
func version() string {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return fmt.Sprintf("wg-run %s (commit %s, %s %s/%s)", Version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
