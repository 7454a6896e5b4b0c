package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
	"github.com/graphwork/wg-run/resolve"
)

// checkAge looks at the files of the age store, and at who is to read it.
func (d *doctor) checkAge(ctx context.Context) {
	dir, err := d.home.Path()
	if err != nil {
		return
	}
	d.readable(filepath.Join(dir, "identity.txt"), safefile.Rule{Private: true})
	d.readable(filepath.Join(dir, "recipients.txt"), safefile.Rule{})
	d.readable(filepath.Join(dir, "secrets.age"), safefile.Rule{})
	if strings.HasPrefix(os.Getenv("WG_AGE_IDENTITY"), "AGE-") {
		d.add(stateProblem, "the variable WG_AGE_IDENTITY holds the identity itself: every program that you start sees it",
			"put it into a file that only you can read, and WG_AGE_IDENTITY=FILE")
	}
	d.checkRecipients(ctx)
	d.checkTracked(ctx, dir)
}

// checkRecipients holds recipients.txt against the store, where nobody has to be asked.
func (d *doctor) checkRecipients(ctx context.Context) {
	list, err := d.r.Recipients(ctx)
	if d.down["age"] != nil || errors.Is(err, resolve.ErrNotSetUp) { // which checkBackends tells
		return
	}
	if err != nil {
		d.problem(err)
		return
	}
	differ := 0
	for _, one := range list {
		if one.State != resolve.Confirmed {
			differ++
		}
	}
	if differ > 0 {
		d.add(stateProblem, fmt.Sprintf("recipients.txt differs from what the age store was written for (%s), so nothing can be stored", counted(differ, "recipient")),
			"wg-run secret recipients list")
	}
}

// gitTime bounds what git may take to answer.
const gitTime = 5 * time.Second

// checkTracked finds private files that were committed together with the store.
func (d *doctor) checkTracked(ctx context.Context, dir string) {
	git, err := exec.LookPath("git")
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	for _, name := range []string{"identity.txt", "secrets.toml"} {
		path, err := filepath.EvalSymlinks(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) || err != nil {
			continue
		}
		// git-ls-files(1), --error-unmatch: 0 only where it is in the index.
		cmd := exec.CommandContext(ctx, git, "-C", filepath.Dir(path), "ls-files", "--error-unmatch", "--", filepath.Base(path))
		cmd.WaitDelay = time.Second
		if cmd.Run() == nil {
			d.add(stateProblem, path+" is in git: whoever has the repository has what it protects",
				hint.Command("git", "-C", filepath.Dir(path), "rm", "--cached", filepath.Base(path))+", and change the secrets: its history keeps it")
		}
	}
}
