package cli

import (
	"context"

	"github.com/graphwork/wg-run/profiles"
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
		return err
	}
	stdout("%s", text)
	return nil
}
