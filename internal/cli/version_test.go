package cli

import (
	"runtime/debug"
	"strings"
	"testing"
)

// TestVersionSource goes through the ways in which a binary comes about.
func TestVersionSource(t *testing.T) {
	const sha = "0123456789abcdef0123456789abcdef01234567"
	raw := strings.TrimSpace(archived) // as it is in a clone
	for what, c := range map[string]struct {
		main, revision, modified, archived string
		name, commit                       string
	}{
		"clone, tag":      {"v1.2.3", sha, "false", raw, "1.2.3", "commit 0123456789ab"},
		"clone, dirty":    {"v1.2.3+dirty", sha, "true", raw, "1.2.3+dirty", "commit 0123456789ab, modified"},
		"clone, old Go":   {"(devel)", sha, "false", raw, "development", "commit 0123456789ab"},
		"install, tag":    {"v1.2.3", "", "", raw, "1.2.3", "tag v1.2.3"},
		"install, rc":     {"v1.2.3-rc1", "", "", raw, "1.2.3-rc1", "tag v1.2.3-rc1"},
		"install, commit": {"v0.0.0-20261128142122-0123456789ab", "", "", raw, "0.0.0-20261128142122-0123456789ab", "commit 0123456789ab"},
		"tarball":         {"(devel)", "", "", sha + " ", "development", "commit 0123456789ab"},
		"tarball, tag":    {"(devel)", "", "", sha + " v1.2.3", "1.2.3", "commit 0123456789ab"},
		"tarball, git 2.30": {"(devel)", "", "", sha + " %(describe:tags=true)", "development",
			"commit 0123456789ab"},
		"copied":  {"(devel)", "", "", raw, "development", "commit unknown"},
		"nothing": {"", "", "", "", "development", "commit unknown"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.main}}
		if c.revision != "" {
			info.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: c.revision}, {Key: "vcs.modified", Value: c.modified}}
		}
		if name, commit := source(info, c.archived); name != c.name || commit != c.commit {
			t.Errorf("%s: source(%q, …) = %q, %q, want %q, %q", what, c.main, name, commit, c.name, c.commit)
		}
	}
}
