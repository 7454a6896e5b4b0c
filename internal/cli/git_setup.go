package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/profiles"
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
)

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
	say("hint: " + hint.Command("git", "-C", dir, "add", "-A") + " && " + hint.Command("git", "-C", dir, "commit", "-m", "the store"))
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
	if out, err := git(dir, "rev-parse", "--is-inside-work-tree"); err != nil || strings.TrimSpace(out) != "true" {
		if _, err := exec.LookPath("git"); err != nil {
			return "", err
		}
		return "", hint.Add(fmt.Errorf("%s is in no git checkout", dir), hint.Command("git", "-C", dir, "init"))
	}
	return dir, nil
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
	if _, err := os.Lstat(ignore); errors.Is(err, os.ErrNotExist) {
		return ensureLines(ignore, gitIgnore)
	}
	for _, name := range []string{"identity.txt", "secrets.toml"} {
		if _, err := git(dir, "check-ignore", "-q", name); err != nil { // 1: it is not ignored
			return ensureLines(ignore, "identity.txt\nsecrets.toml\naudit.jsonl\n.lock*\n")
		}
	}
	return nil
}

// ensureLines appends the lines that a file does not have.
func ensureLines(path, lines string) error {
	data, err := os.ReadFile(path)
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
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(missing)
	return errors.Join(err, f.Close())
}

// git runs git in a folder and returns what it prints.
func git(dir string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), gitTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return string(out), err
}
