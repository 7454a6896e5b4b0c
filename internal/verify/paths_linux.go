//go:build amd64 || arm64

package verify

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// here is AT_FDCWD as it stands in a register.
const here = 1<<64 + unix.AT_FDCWD

// losing searches a file that a task is about to remove, replace or cut off, and waits for one that is
// about to be without a name.
func (t *tracer) losing(k *task) {
	a := k.args
	switch k.call {
	case kindGone:
		t.watch.before(k, t.path(k, here, a[0]))
	case kindGoneAt:
		t.watch.before(k, t.path(k, a[0], a[1]))
	case kindCutPath:
		t.watch.cut(k, t.path(k, here, a[0]))
	case kindOpen:
		t.opening(k, here, a[0], a[1])
	case kindOpenAt:
		t.opening(k, a[0], a[1], a[2])
	case kindOpenHow:
		t.opening(k, a[0], a[1], t.flags(k, a[2]))
	case kindRename:
		t.watch.before(k, t.path(k, here, a[0]))
		t.watch.before(k, t.path(k, here, a[1]))
	case kindRenameAt:
		t.watch.before(k, t.path(k, a[0], a[1]))
		t.watch.before(k, t.path(k, a[2], a[3]))
	case kindCut:
		t.watch.open(k, proc(k.tid, "fd/"+strconv.Itoa(int(int32(a[0])))))
	}
}

func (t *tracer) opening(k *task, folder, address, flags uint64) {
	if flags&unix.O_TRUNC != 0 {
		t.watch.cut(k, t.path(k, folder, address))
	}
	k.exits = flags&unix.O_TMPFILE == unix.O_TMPFILE
}

// path is what a task means by a folder's descriptor and a text in its memory, as a path
// of ours; "" where that cannot be read.
func (t *tracer) path(k *task, folder, address uint64) string {
	text := t.text(k, address)
	switch {
	case text == "":
		return ""
	case text[0] == '/':
		for alias, own := range selves {
			if rest, ok := strings.CutPrefix(text, alias); ok && (rest == "" || rest[0] == '/') {
				return proc(k.tid, own) + rest
			}
		}
		return proc(k.tid, "root") + text
	case int32(folder) == unix.AT_FDCWD:
		return proc(k.tid, "cwd/") + text
	}
	return proc(k.tid, "fd/"+strconv.Itoa(int(int32(folder)))) + "/" + text
}

// selves are paths by which a process means itself, and which are ours where we use them.
var selves = map[string]string{"/proc/self": ".", "/proc/thread-self": ".", "/dev/fd": "fd", "/dev/stdin": "fd/0", "/dev/stdout": "fd/1", "/dev/stderr": "fd/2"}

// flags reads those at the beginning of a struct in a task's memory.
func (t *tracer) flags(k *task, address uint64) uint64 {
	var b [8]byte
	if _, err := unix.PtracePeekData(k.tid, uintptr(address), b[:]); err != nil {
		return 0 // nor can the kernel read them
	}
	return binary.NativeEndian.Uint64(b[:])
}

// text reads a string, page by page: behind it there may be no memory.
func (t *tracer) text(k *task, address uint64) string {
	const page = 4096
	var all []byte
	for len(all) < unix.PathMax {
		part := make([]byte, page-address%page)
		n, err := unix.PtracePeekData(k.tid, uintptr(address), part)
		if err != nil {
			return ""
		}
		if end := bytes.IndexByte(part[:n], 0); end >= 0 {
			return string(append(all, part[:end]...))
		}
		all = append(all, part[:n]...)
		address += uint64(n)
	}
	return ""
}
