package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
	"github.com/graphwork/wg-run/profiles"
	"github.com/graphwork/wg-run/resolve"
)

// gitTime bounds what git may take to answer.
const gitTime = 5 * time.Second

// gitConfig is what a checkout needs: git takes no programs from a repository.
var gitConfig = [][2]string{
	{"merge.wg-run.name", "wg-run's age store"},
	{"merge.wg-run.driver", "wg-run secret git-merge %O %A %B"},
	{"diff.wg-run.textconv", "wg-run secret git-textconv"},
}

const (
	gitAttributes = "secrets.age merge=wg-run diff=wg-run\nrecipients.txt merge=wg-run\n"
	// gitIgnore lets in what it names and nothing else.
	gitIgnore = "*\n!.gitignore\n!.gitattributes\n!secrets.age\n!recipients.txt\n!profiles/\n!profiles/*.toml\n"
	// gitPrivate keeps ours out where there are rules already.
	gitPrivate = "/identity.txt\n/secrets.toml\n/keystore/\n/keyring-index\n/audit.jsonl\n/active-profile\n/config.toml\n/old.txt\n/both.txt\n/.lock*\n/.*.[0-9]*\n/.*[0-9]\n"
	// maxRules bounds .gitignore and .gitattributes, in bytes.
	maxRules = 1 << 20
)

// neverInGit are the files of ours that hold keys or choose programs.
var neverInGit = []string{"identity.txt", "secrets.toml", "keystore/x", "audit.jsonl", "config.toml"}

type gitSetup struct{}

// Help is shown by --help.
func (gitSetup) Help() string {
	return `In the checkout that holds secrets.age (~/.wg, or where its link leads): tells git
how to merge and to compare the store (git config, .gitattributes), and keeps
identity.txt and all else that is private out of it (.gitignore). What is there
already stays.`
}

// Run prepares the checkout.
func (c *gitSetup) Run() error {
	dir, err := checkout(profiles.Locate())
	if err == nil {
		err = prepareCheckout(dir)
	}
	if err != nil {
		return fmt.Errorf("setting up git: %w", err)
	}
	say("git merges and compares the store in " + dir + "; private files stay out of it")
	say("hint: " + hint.Command("git", "-C", dir, "add", ".gitignore", ".gitattributes", "secrets.age", "recipients.txt") + " && " + hint.Command("git", "-C", dir, "commit", "-m", "the store"))
	return nil
}

// checkout is the folder where secrets.age lies, which has to be in a git checkout.
func checkout(home profiles.Home) (string, error) {
	dir, err := home.Path()
	if err != nil {
		return "", err
	}
	if target, err := filepath.EvalSymlinks(filepath.Join(dir, "secrets.age")); err == nil {
		dir = filepath.Dir(target)
	}
	out, err := git(dir, "rev-parse", "--is-inside-work-tree")
	exit, ended := errors.AsType[*exec.ExitError](err)
	switch {
	case ended && strings.Contains(string(exit.Stderr), "dubious ownership"):
		return "", fmt.Errorf("git does not trust the checkout %s: it belongs to another user", dir)
	case ended, err == nil && strings.TrimSpace(out) != "true":
		return "", hint.Add(fmt.Errorf("%s is in no git checkout", dir), hint.Command("git", "-C", dir, "init"))
	}
	return dir, err
}

func prepareCheckout(dir string) error {
	for _, kv := range gitConfig {
		if _, err := git(dir, "config", kv[0], kv[1]); err != nil {
			return fmt.Errorf("git config %s: %w", kv[0], err)
		}
	}
	if err := ensureLines(filepath.Join(dir, ".gitattributes"), gitAttributes); err != nil {
		return err
	}
	ignore := filepath.Join(dir, ".gitignore")
	rules := gitPrivate
	if _, err := os.Lstat(ignore); errors.Is(err, os.ErrNotExist) {
		rules = gitIgnore
	}
	if left(dir) != "" {
		if err := ensureLines(ignore, rules); err != nil {
			return err
		}
	}
	if name := left(dir); name != "" {
		return fmt.Errorf("%s would get into git, whatever is written at the end of %s", name, ignore)
	}
	return nil
}

// left is one of our private files that git would take, "" if there is none.
func left(dir string) string {
	for _, name := range neverInGit {
		// git-check-ignore(1): 1 where it is not ignored; what is in the index counts as such.
		if _, err := git(dir, "check-ignore", "-q", "--no-index", name); err != nil {
			return name
		}
	}
	return ""
}

// ensureLines appends the lines that a file does not have. The file may have come with
// the repository: a link is not followed.
func ensureLines(path, lines string) error {
	fi, err := os.Lstat(path)
	if err == nil && !fi.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file: %w", path, safefile.ErrUnsafe)
	}
	var data []byte
	if err == nil {
		data, err = safefile.Read(path, safefile.Rule{Foreign: true, Max: maxRules})
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	have := "\n" + string(data)
	var missing []byte
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
		missing, have = []byte("\n"), have+"\n"
	}
	for line := range strings.Lines(lines) {
		if !strings.Contains(have, "\n"+line) {
			missing = append(missing, line...)
		}
	}
	if strings.TrimSpace(string(missing)) == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|noFollow, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(missing)
	return errors.Join(err, f.Close())
}

// git runs git in a folder, and returns what it prints. It is looked at as every
// program that gets near secrets; a repository's own settings make it run nothing, and
// another repository that a variable names is not meant.
func git(dir string, args ...string) (string, error) {
	program, err := exec.LookPath("git")
	if err == nil {
		err = safefile.CheckProgram(program)
	}
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), gitTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append([]string{"-C", dir, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"}, args...)...)
	var settings resolve.Settings
	cmd.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return settings.IsCredential(name) || strings.HasPrefix(name, "GIT_") && name != "GIT_CONFIG_GLOBAL" && name != "GIT_CONFIG_NOSYSTEM"
	})
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return string(out), err
}
