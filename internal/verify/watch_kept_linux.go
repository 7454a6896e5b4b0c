//go:build amd64 || arm64

package verify

import (
	"os"
	"slices"
	"strconv"
	"strings"
)

// kept is a file that lost a name, or never had one, and may be written to still.
type kept struct {
	file  *os.File
	inode inode
	name  string
	when  string // of what is found at the end
	task  task
}

// mostKept bounds how many of them are searched again at the end.
const mostKept = 128

// keep has a file searched once more at the end.
func (w *watch) keep(k kept) {
	known := slices.ContainsFunc(w.kept, func(other kept) bool { return other.inode == k.inode })
	if !known && len(w.kept) < mostKept {
		w.kept = append(w.kept, k)
		return
	}
	_ = k.file.Close()
	if !known {
		w.report.notSeen("what was written to some files after they were removed, or without a name")
	}
}

// nameless keeps a file that was opened without a name (O_TMPFILE, open(2)): it may be closed, and be
// gone, before anybody looks.
func (w *watch) nameless(k *task, number int) {
	link := proc(k.tid, "fd/"+strconv.Itoa(number))
	name, err := os.Readlink(link)
	if err != nil || !w.below(name) {
		return
	}
	name = strings.TrimSuffix(name, " (deleted)")
	if f, err := openRegular(link); err == nil && f != nil {
		w.keep(kept{f, inodeOf(f), name, withoutName, *k})
	} else {
		w.cannot(name, err)
	}
}

func (w *watch) close() {
	for _, k := range w.kept {
		_ = k.file.Close()
	}
	w.kept = nil
}
