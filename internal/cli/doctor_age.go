package cli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"

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
	if resolve.IdentityInEnvironment() {
		d.add(stateProblem, "the variable WG_AGE_IDENTITY holds the identity itself: every program that you start sees it",
			"put it into a file that only you can read, and WG_AGE_IDENTITY=FILE")
	}
	d.checkRecipients(ctx)
	d.checkTracked(dir)
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

// checkTracked finds private files that were committed together with the store, and a
// checkout that does not know how to merge it.
func (d *doctor) checkTracked(dir string) {
	if _, err := exec.LookPath("git"); err != nil {
		return
	}
	for _, name := range []string{"identity.txt", "secrets.toml"} {
		if path := tracked(dir, name); path != "" {
			d.add(stateProblem, path+" is in git: whoever has the repository has what it protects",
				hint.Command("git", "-C", filepath.Dir(path), "rm", "--cached", filepath.Base(path))+", and change the secrets: its history keeps it")
		}
	}
	for _, name := range []string{"config.toml", "active-profile"} {
		if path := tracked(dir, name); path != "" {
			d.add(stateProblem, path+" is in git: whoever can push chooses what is run here", hint.Command("git", "-C", filepath.Dir(path), "rm", "--cached", name))
		}
	}
	if path := tracked(dir, "secrets.age"); path != "" {
		if driver, err := git(filepath.Dir(path), "config", "merge.wg-run.driver"); err != nil || driver == "" {
			d.add(stateProblem, path+" is in git, which cannot merge it here", "wg-run secret git-setup")
		}
	}
}

// tracked is where a file of ours lies, if git has it; "" if not.
func tracked(dir, name string) string {
	path, err := filepath.EvalSymlinks(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	// git-ls-files(1), --error-unmatch: 0 only where it is in the index.
	if _, err := git(filepath.Dir(path), "ls-files", "--error-unmatch", "--", filepath.Base(path)); err != nil {
		return ""
	}
	return path
}
