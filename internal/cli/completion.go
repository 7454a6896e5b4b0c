package cli

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/graphwork/wg-run/inject"
)

// What each shell reads. It finds wg-run by its name in PATH, so that an update
// which moves the program needs no new shell.
var (
	//go:embed completion.bash
	bashSnippet string
	//go:embed completion.zsh
	zshSnippet string
	//go:embed completion.fish
	fishSnippet string
)

type completionCmd struct {
	Shell string `arg:"" name:"bash|zsh|fish" enum:"bash,zsh,fish" help:"Shell to print the code for."`
}

// Help is shown by --help.
func (completionCmd) Help() string {
	return `What your shell reads at its start has to hold one of these lines:

    source <(wg-run completion bash)     in ~/.bashrc
    source <(wg-run completion zsh)      in ~/.zshrc, behind compinit
    wg-run completion fish | source      in ~/.config/fish/config.fish`
}

// Run prints the code that a shell sources.
func (c *completionCmd) Run() error {
	stdout("%s", map[string]string{"bash": bashSnippet, "zsh": zshSnippet, "fish": fishSnippet}[c.Shell])
	return nil
}

const (
	// answerTime is what one TAB may take, whatever hangs.
	answerTime = time.Second
	// maxLine bounds the words of a command line, in bytes.
	maxLine = 1 << 20
)

// answering reports whether args are the line with which our snippets ask for
// candidates. Nothing else makes wg-run complete: a worker may be started inside
// somebody else's completion function, where COMP_LINE is set.
func answering(args []string) bool {
	return len(args) == 2 && args[0] == "completion" && args[1] == "--answer"
}

// answer reads the words before the cursor from standard input, each with a NUL
// behind it, and prints the candidates for the last one, a line each. The words do
// not come as arguments: a key that was pasted into the line would be seen in ps.
// Every error is silent: it would be written across the line that is being typed.
func answer(in io.Reader) int {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	found := make(chan []string, 1)
	go func() {
		var list []string
		defer func() {
			_ = recover()
			found <- list
		}()
		line, err := io.ReadAll(io.LimitReader(in, maxLine))
		if err != nil || inject.Harden() != nil { // a store's file holds values, too
			return
		}
		if words, ok := strings.CutSuffix(string(line), "\x00"); ok {
			list = candidates(ctx, strings.Split(words, "\x00"))
		}
	}()
	select {
	case list := <-found:
		for _, c := range list {
			fmt.Println(c)
		}
	case <-ctx.Done():
	}
	return 0
}
