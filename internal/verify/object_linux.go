//go:build amd64 || arm64

package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// object is what stands behind a canary's descriptor: a pipe, a socket, a memory file. It
// is known by its number in the file system, by whatever way a process came to it.
type object struct {
	canary Canary
	file   *os.File // ours; nil where no descriptor holds the canary
	dev    uint64
	ino    uint64
	stream bool // what is read is gone
	size   int
	taken  int // bytes that were read, as far as they were seen
	first  *Reading
	full   *Reading
	// blind says that descriptors of some process cannot be looked at.
	blind bool
}

func objects(p Program, o Options) ([]*object, error) {
	var list []*object
	for _, c := range o.Canaries {
		b := &object{canary: c}
		if c.Number >= 0 && c.Number < len(p.Files) && p.Files[c.Number] != nil {
			b.file = p.Files[c.Number]
			var st unix.Stat_t
			if err := unix.Fstat(int(b.file.Fd()), &st); err != nil {
				return nil, fmt.Errorf("looking at the descriptor of %s: %w", c.Name, err)
			}
			b.dev, b.ino, b.stream = uint64(st.Dev), st.Ino, st.Mode&unix.S_IFMT != unix.S_IFREG
			b.size = b.left()
		}
		list = append(list, b)
	}
	return list, nil
}

// behind says whether that descriptor of a process is the object's.
func (o *object) behind(tid, number int) bool {
	var st unix.Stat_t
	if o.file == nil {
		return false
	}
	err := unix.Stat(proc(tid, "fd/"+strconv.Itoa(number)), &st)
	o.blind = o.blind || err == unix.EACCES || err == unix.EPERM
	return err == nil && uint64(st.Dev) == o.dev && st.Ino == o.ino
}

// left is how many bytes of the canary whoever has the descriptor can read now.
func (o *object) left() int {
	switch {
	case o.file == nil:
		return 0
	case o.stream:
		n, err := unix.IoctlGetInt(int(o.file.Fd()), unix.TIOCINQ)
		if err != nil {
			return o.size - o.taken
		}
		return n
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(o.file.Fd()), &st); err != nil {
		return 0
	}
	return int(st.Size)
}

func (o *object) holds() bool { return o.left() > 0 }

// read notes that a task has read n bytes.
func (o *object) read(t *tracer, k *task, n int) {
	now := &Reading{seconds(t.since()), t.report.clean(k.program), k.tgid}
	o.taken += n
	if o.first == nil {
		o.first = now
	}
	// Who looks into a stream and leaves all there (tee(2), MSG_PEEK) has it, too.
	if o.full == nil && (o.taken >= o.size || o.stream && !o.holds()) {
		o.full = now
	}
}

// look finds what was read unseen, as by a process that has closed its memory (PR_SET_DUMPABLE): a stream has less than before.
func (o *object) look(t *tracer) {
	if o.file == nil || !o.stream || o.full != nil || t.worker == 0 {
		return
	}
	for _, k := range t.tasks {
		if k.exits { // it may be reading just now
			return
		}
	}
	if unseen := o.size - o.taken - o.left(); unseen > 0 {
		o.read(t, &task{program: "somebody unseen"}, unseen)
	}
}

func (o *object) story() Secret {
	s := Secret{Name: o.canary.Name, Channel: o.canary.Channel, First: o.first, Full: o.full, Read: "no"}
	switch {
	case o.full != nil:
		s.Read = "yes"
	case o.first != nil:
		s.Read = "partly"
	case o.file == nil, o.blind && !o.stream:
		s.Read = "unknown"
	}
	return s
}

// conclude tells the canaries' stories and comes to the verdict.
func (t *tracer) conclude(ctx context.Context) {
	if err := ctx.Err(); err != nil {
		why := "it was interrupted"
		if errors.Is(err, context.DeadlineExceeded) {
			why = "the time was up"
		}
		t.report.notSeen("the rest of the worker: " + why + ", and all that it had started was ended")
	}
	for _, o := range t.objects {
		if v := o.canary.variable(); v != "" {
			t.report.note(fmt.Sprintf("%s is in the variable %s because its channel is the environment: whatever the worker starts inherits it", o.canary.Name, v))
		}
		s := o.story()
		if s.Read == "unknown" && o.file != nil {
			t.report.notSeen("whether " + s.Name + " was read, and who had it still: the descriptors of some process are closed to us")
		}
		t.report.Secrets = append(t.report.Secrets, s)
	}
	t.report.judge()
}
