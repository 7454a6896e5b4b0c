//go:build unix

package inject

import (
	"fmt"
	"time"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
)

// receipt is what the parent knows of the reading of one secret.
type receipt struct {
	*fdpass.Held
	name string
	size int
	// help is what to do where it was not read.
	help string
	// told: that it was not read has been said.
	told bool
}

// hold has every channel that can be held hold its value, in place of what was opened when
// nobody knew who would stay.
func (w *parent) hold() error {
	for i := range w.plan.Deliveries {
		d := &w.plan.Deliveries[i]
		if d.Channel.Hold == nil {
			continue
		}
		h, err := d.Channel.Hold(d.Name, d.bytes(), w.stay.Once)
		if err != nil {
			return forSecret(d.Want, err)
		}
		if d.file != nil {
			_ = d.file.Close()
		}
		d.file = h.File
		w.receipts = append(w.receipts, &receipt{Held: h, name: d.Name, size: len(d.bytes()), help: d.help(w.plan.Path)})
	}
	return nil
}

// help says how the secret is read, or what is known of the program that should have
// passed it on.
func (d *Delivery) help(path string) string {
	if l := LauncherOf(path); l != nil && d.Channel.Place != fdpass.OnStdin {
		return l.Why + "; " + l.Instead
	}
	if d.Channel.Place == fdpass.OnStdin {
		return "it is the worker's standard input; what reads a descriptor or a file: --via pipe"
	}
	fd, file := fdpass.Variables(d.Name)
	how := "descriptor $" + fd
	if d.Channel.Path() {
		how += ", or the file $" + file
	}
	return "the worker reads " + how + "; what it starts may close it, as sudo and Python's subprocess do"
}

// settle is how long a worker has to end that has closed its descriptors: then that is what
// is said.
const settle = 100 * time.Millisecond

// attend feeds and watches what is held, once the worker has its descriptors.
func (w *parent) attend() {
	abandoned := make(chan *receipt, len(w.receipts))
	w.abandoned = abandoned
	for _, r := range w.receipts {
		if r.Feed != nil {
			go r.Feed()
		}
		if r.Watch != nil {
			go func() {
				if r.Watch() {
					time.Sleep(settle)
					abandoned <- r
				}
			}()
		}
	}
}

// lost says that nobody can read the secret any more.
func (w *parent) lost(r *receipt) {
	r.told = true
	w.tell(hint.Add(fmt.Errorf("the secret '%s' was not read, and all who had its descriptor have closed it", r.name), r.help))
}

// unread says what the worker that has ended did not read, and reports whether there is any.
func (w *parent) unread() (any bool) {
	for _, r := range w.receipts {
		if r.Unread() < r.size {
			continue
		}
		any = true
		if !r.told {
			w.tell(hint.Add(fmt.Errorf("the worker has ended and did not read the secret '%s'", r.name), r.help))
		}
	}
	return any
}

// tell tells it, also where the terminal would stop who writes in the background (TOSTOP,
// termios(3)).
func (w *parent) tell(err error) {
	if w.stay.Tell != nil {
		unstopped(func() { w.stay.Tell(err, w.outer.isRaw()) })
	}
}
