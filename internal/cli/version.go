package cli

import (
	_ "embed"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Version is set by the linker in a release: -ldflags "-X …/internal/cli.Version=1.2.3".
var Version string

// archived is written by git archive, so that a source tarball, which has no
// .git, knows its commit and tag (gitattributes(5), export-subst).
//
//go:embed archived.txt
var archived string

// version is the line of --version: version, commit, Go.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	name, commit := source(info, archived)
	if Version != "" {
		name = Version
	}
	return fmt.Sprintf("wg-run %s (%s, %s %s/%s)", name, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// source tells version and commit of what was built: in a clone Go stamps both,
// behind go install module@version it knows the version only.
func source(info *debug.BuildInfo, archived string) (name, commit string) {
	name = strings.TrimPrefix(info.Main.Version, "v")
	if name == "(devel)" {
		name = ""
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = "commit " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			commit += ", modified"
		}
	}
	words := strings.Fields(archived)
	switch {
	case commit != "": // a clone
	case name != "":
		commit = "tag v" + name
		// A pseudo-version ends with the commit (https://go.dev/ref/mod#pseudo-versions).
		if i := strings.LastIndexByte(name, '-'); i >= 0 && isHex(name[i+1:], 12) {
			commit = "commit " + name[i+1:]
		}
	case len(words) > 0 && isHex(words[0], 40):
		commit = "commit " + words[0][:12]
		if len(words) > 1 && strings.HasPrefix(words[1], "v") { // an old git leaves %(describe) as it is
			name = words[1][1:]
		}
	}
	if commit == "" {
		commit = "commit unknown"
	}
	if name == "" {
		name = "development"
	}
	return name, commit
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}
