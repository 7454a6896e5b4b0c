//go:build linux

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
)

const (
	maskRounds = 7
	// maskBudget is what goes through --mask at least, in bytes a second.
	maskBudget = 600e6
	// parentBudget is what a parent may take, in KiB.
	parentBudget = 12 << 10
)

// readAndPrint is the worker: who leaves its secret unread is told so.
const readAndPrint = `cat "$WG_API_KEY_FILE" >/dev/null; exec cat "$0"`

// text is what a worker prints, and the two ways on which it came through.
type text struct {
	name          string
	content       []byte // a piece that is repeated
	piped, masked *row
}

func texts() []*text {
	noise := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	const log = "level=info ts=2026-01-02T03:04:05Z msg=\"listening on 127.0.0.1:8080, 50% of 3 workers idle\" path=/var/lib/x\n"
	const json = "{\"id\": \"msg_01\", \"text\": \"func main() {\\n\\tfmt.Println(\\\"hello\\\")\\n}\\n\", \"url\": \"https://x.example/?q=a%20b%2Fc\"}\n"
	return []*text{
		{name: "a log", content: []byte(strings.Repeat(log, 1<<20/len(log)))},
		{name: "JSON", content: []byte(strings.Repeat(json, 1<<20/len(json)))},
		{name: "noise", content: noise},
	}
}

// measureMasking has a worker print each text, through a second cat and through --mask in
// turn. What comes out goes to /dev/null.
func measureMasking(o *options, w *world) (out []figure, err error) {
	w = w.at(mainHome)
	file, size := w.path("text"), o.mask<<20
	defer func() { _ = os.Remove(file) }()
	err = w.measuring(func(attr *syscall.ProcAttr) error {
		for _, t := range texts() {
			if err := os.WriteFile(file, bytes.Repeat(t.content, size/len(t.content)+1)[:size], 0o600); err != nil {
				return err
			}
			t.piped = line(w, "/bin/sh", "-c", `cat "$0" | cat`, file)
			t.masked = line(w, w.bin("wg-run"), "--profile", "bench", "--mask", "--", "/bin/sh", "-c", readAndPrint, file)
			both := []*row{t.piped, t.masked}
			if err := measureMemory(both, attr); err != nil {
				return err
			}
			if err := measureTime(both, attr, 1, maskRounds); err != nil {
				return err
			}
			out = append(out, t.figure(size))
		}
		return nil
	})
	return out, err
}

// line is a row whose worker is part of it.
func line(w *world, argv ...string) *row {
	return &row{name: argv[0], argv: func(...string) []string { return argv }, env: w.env}
}

func (t *text) figure(size int) figure {
	piped, masked := speed(size, t.piped), speed(size, t.masked)
	within := masked >= maskBudget && t.masked.rss <= parentBudget
	return figure{Name: fmt.Sprintf("--mask, a worker that prints %d MiB of %s", size>>20, t.name), Kind: ours,
		MS: ms(median(t.masked.walls)), MiB: float64(t.masked.rss) / 1024,
		Budget: fmt.Sprintf("%s: %.0f MB/s of %.0f, %d MiB; through cat %.0f MB/s", verdict(within), masked/1e6, maskBudget/1e6, parentBudget>>10, piped/1e6)}
}

// speed is in bytes a second.
func speed(size int, r *row) float64 { return float64(size) / median(r.walls).Seconds() }
