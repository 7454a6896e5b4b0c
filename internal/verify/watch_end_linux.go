//go:build amd64 || arm64

package verify

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const withoutName = "in a file without a name"

// deleted searches the files that a task has open and that no folder shows: they never
// had a name, or lost it.
func (w *watch) deleted(tid int) {
	if len(w.folders) == 0 {
		return
	}
	list, _ := os.ReadDir(proc(tid, "fd"))
	for _, e := range list {
		link := proc(tid, "fd/"+e.Name())
		name, err := os.Readlink(link)
		if bare, ok := strings.CutSuffix(name, " (deleted)"); err == nil && ok && w.below(name) {
			if f, err := openRegular(link); err == nil && f != nil {
				w.file(f, bare, &task{tgid: tgidOf(tid), program: programOf(tid)}, withoutName)
				_ = f.Close()
			}
		}
	}
}

// search is for the end, when nothing writes any more.
func (w *watch) search() {
	there := map[inode]bool{}
	for _, folder := range w.folders {
		if _, err := os.Lstat(folder); err != nil {
			w.report.notSeen("what is below " + folder + " at the end: the folder is gone")
			continue
		}
		all := !local(folder)
		_ = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				w.cannot(path, err)
				return nil
			}
			w.entry(path, e, all, there)
			return nil
		})
	}
	for _, k := range w.kept {
		if !there[k.inode] { // else it was only cut off, or has another name
			w.file(k.file, k.name, &k.task, k.when)
		}
	}
}

// entry searches a name, where a link points to, and a file that was changed since. It notes each
// file that is there.
func (w *watch) entry(path string, e fs.DirEntry, all bool, there map[inode]bool) {
	target := ""
	if e.Type()&fs.ModeSymlink != 0 {
		target, _ = os.Readlink(path)
	}
	w.names(nil, path, "as a name, at the end", e.Name(), target)
	var st unix.Stat_t
	if !e.Type().IsRegular() || unix.Lstat(path, &st) != nil {
		return
	}
	if there[inode{uint64(st.Dev), st.Ino}] = true; !all && time.Unix(st.Ctim.Unix()).Before(w.began.Add(-2*time.Second)) {
		return
	}
	f, err := openRegular(path)
	if err != nil || f == nil {
		w.cannot(path, err)
		return
	}
	defer func() { _ = f.Close() }()
	w.file(f, path, nil, "at the end")
}

// local says that a folder's files have the times of this machine's clock, by which those
// that did not change can be left out. tmpfs is none of them: what is mapped and was read is
// then written without a time.
func local(folder string) bool {
	var st unix.Statfs_t
	if unix.Statfs(folder, &st) != nil {
		return false
	}
	return slices.Contains([]int64{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC,
		unix.OVERLAYFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC}, int64(st.Type))
}
