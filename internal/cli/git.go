package cli

import (
	"context"
	"fmt"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

type gitMerge struct {
	Base   string `arg:"" help:"The common ancestor: %O of git."`
	Ours   string `arg:"" help:"Our version, which is replaced by the result: %A."`
	Theirs string `arg:"" help:"Their version: %B."`
}

// Run merges two versions of secrets.age or recipients.txt for git.
func (c *gitMerge) Run() error {
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return err
	}
	return r.Merge(context.Background(), c.Base, c.Ours, c.Theirs)
}

type gitTextconv struct {
	File string `arg:"" help:"A version of secrets.age."`
}

// Run prints what git compares in place of the encrypted file. That it cannot be read
// is an answer, too: git would end a log there. Two such versions still differ.
func (c *gitTextconv) Run() error {
	r, err := newResolver(profiles.Locate())
	if err != nil {
		return err
	}
	text, err := r.Summary(context.Background(), c.File)
	if err != nil {
		text = fmt.Sprintf("not readable here: %s\n%s\n", names.Escaped(err.Error()), resolve.Version(c.File))
	}
	stdout("%s", text)
	return nil
}

// gitHints is how a checkout learns to merge and to compare the store.
var gitHints = []string{
	"to keep secrets.age and recipients.txt in git, in each checkout:",
	`git config merge.wg-run.driver 'wg-run secret git-merge %O %A %B'`,
	`git config diff.wg-run.textconv 'wg-run secret git-textconv'`,
	`printf 'secrets.age merge=wg-run diff=wg-run\nrecipients.txt merge=wg-run\n' >>.gitattributes`,
}
