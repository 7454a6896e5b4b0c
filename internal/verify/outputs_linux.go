//go:build amd64 || arm64

package verify

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// outputs pass on what is printed, and search it.
type outputs struct {
	report *Report
	theirs []*os.File
	mine   []*os.File
	all    sync.WaitGroup
}

// patience is how long a pipe is waited for that somebody who is not followed holds open.
const patience = time.Second

// outputs puts pipes in the place of the program's standard output and error.
func (t *tracer) outputs(p *Program) (*outputs, error) {
	o := &outputs{report: t.report}
	p.Files = slices.Clone(p.Files)
	for number, to := range []io.Writer{1: t.options.Stdout, 2: t.options.Stderr} {
		if to == nil {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(o.mine)
			closeAll(o.theirs)
			return nil, fmt.Errorf("making a pipe for the worker's output: %w", err)
		}
		for len(p.Files) <= number {
			p.Files = append(p.Files, nil)
		}
		p.Files[number] = w
		o.theirs, o.mine = append(o.theirs, w), append(o.mine, r)
		name := []string{1: "standard output", 2: "standard error"}[number]
		found := &stream{needles: t.report.canaries, found: func(n needle, form string) {
			t.report.leak(Leak{Secret: n.name, Where: InOutput, Detail: name, Form: form, When: "when it was printed", Seconds: seconds(t.since())})
		}}
		o.all.Go(func() { o.copy(r, to, found, name) })
	}
	return o, nil
}

// copy goes on reading when nobody takes it any more: what is printed is still searched.
func (o *outputs) copy(from *os.File, to io.Writer, found io.Writer, name string) {
	defer func() { _ = from.Close() }()
	piece := make([]byte, 64<<10)
	for waited := false; ; {
		n, err := from.Read(piece)
		_, _ = found.Write(piece[:n])
		if to != nil {
			if _, failed := to.Write(piece[:n]); failed != nil {
				to = nil
			}
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && waited:
			o.report.notSeen("what is printed to " + name + " by somebody who is not followed and has it still")
			return
		case errors.Is(err, os.ErrDeadlineExceeded): // drain asks; once, for who writes for ever is not waited for
			_ = from.SetReadDeadline(time.Now().Add(patience))
			waited = true
		case err != nil:
			return
		}
	}
}

// started closes what is the program's alone.
func (o *outputs) started() { closeAll(o.theirs) }

// drain waits until all is passed on. The deadline that is over tells copy that from now on
// it waits no longer than patience; nobody else sets one before.
func (o *outputs) drain() {
	for _, f := range o.mine {
		_ = f.SetReadDeadline(time.Now())
	}
	o.all.Wait()
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close()
		}
	}
}
