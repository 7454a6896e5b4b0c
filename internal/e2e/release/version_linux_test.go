package release

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestVersion asks binaries that came about in each way for their version.
func TestVersion(t *testing.T) {
	r := release(t)
	dir := t.TempDir()
	archive := "-linux-" + runtime.GOARCH + ".tar.gz"
	for _, c := range []struct{ what, build, env, want string }{
		{"release", `tar xzf "$R"/wg-run-1.2.3` + archive + ` --strip-components=1`, "R=" + r.outs[0],
			"1.2.3 (commit COMMIT, "},
		{"dirty", `git clone -q "$R" x && echo >>x/README.md && x/scripts/release --dirty --out d --only linux/` + runtime.GOARCH +
			` && tar xzf d/wg-run-1.2.3+dirty` + archive + ` --strip-components=1`, "R=" + r.clones[0],
			"1.2.3+dirty (commit COMMIT, modified, "},
		{"clone", `git clone -q "$R" x && cd x && go build -buildvcs=true -o ../wg-run .`, "R=" + r.clones[0],
			"1.2.3 (commit COMMIT, "},
		{"source tarball", `mkdir x && git -C "$R" archive v1.2.3 | tar x -C x && cd x && go build -o ../wg-run .`, "R=" + r.clones[0],
			"1.2.3 (commit COMMIT, "},
		// The module comes from the clone, what it needs from what was downloaded for it.
		{"go install", `export GOPROXY="file://$(go env GOMODCACHE)/cache/download" GOMODCACHE="$PWD/mod" GOBIN="$PWD"
			GOFLAGS='-trimpath -modcacherw' go install github.com/graphwork/wg-run@v1.2.3`, "GOSUMDB=off\nGONOPROXY=github.com/graphwork\n" +
			"GIT_CONFIG_COUNT=1\nGIT_CONFIG_KEY_0=url." + r.clones[0] + ".insteadOf\nGIT_CONFIG_VALUE_0=https://github.com/graphwork/wg-run",
			"1.2.3 (tag v1.2.3, "},
	} {
		t.Run(c.what, func(t *testing.T) {
			dir := filepath.Join(dir, strings.ReplaceAll(c.what, " ", "-"))
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			mustSh(t, dir, c.build, append(strings.Split(c.env, "\n"), "CGO_ENABLED=0", "GOFLAGS=-trimpath")...)
			got := mustSh(t, dir, `./wg-run --version`)
			want := "wg-run " + strings.ReplaceAll(c.want, "COMMIT", r.commit) + runtime.Version() + " linux/" + runtime.GOARCH + ")\n"
			if got != want {
				t.Errorf("%s: wg-run --version printed %q, want %q", c.what, got, want)
			}
		})
	}
}

// TestDirtyTree: what is in no commit gets no version, so it becomes no release.
func TestDirtyTree(t *testing.T) {
	r := release(t)
	dir := t.TempDir()
	mustSh(t, dir, `git clone -q "$R" x && echo >x/new`, "R="+r.clones[0])
	_, err := sh(dir, `x/scripts/release --out d`)
	if err == nil || !strings.Contains(err.Error(), "release: the tree is not clean") || !strings.Contains(err.Error(), "?? new") {
		t.Errorf("scripts/release of a tree with a new file: %v", err)
	}
	if found := tree(t, dir); found["d/"] != 0 {
		t.Error("scripts/release of a tree with a new file has made a folder")
	}
}
