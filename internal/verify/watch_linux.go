//go:build amd64 || arm64

package verify

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// watch searches files below folders: at the end all that were changed meanwhile, and
// before that each that is about to be removed, replaced or cut off.
type watch struct {
	report  *Report
	folders []string
	began   time.Time
	kept    []kept
}

// kept is a file that lost a name and may be written to still.
type kept struct {
	file *os.File
	name string
	task task
}

const (
	// mostKept bounds how many of them are searched again at the end.
	mostKept = 128
	// mostFile bounds what is searched of a file, in bytes.
	mostFile = 1 << 30
)

func newWatch(r *Report, folders []string) (*watch, error) {
	w := &watch{report: r, began: time.Now()}
	for _, f := range folders {
		real, err := filepath.EvalSymlinks(f)
		if err == nil {
			real, err = filepath.Abs(real)
		}
		if err == nil {
			var d fs.FileInfo
			if d, err = os.Stat(real); err == nil && !d.IsDir() {
				err = unix.ENOTDIR
			}
		}
		if err != nil {
			return nil, fmt.Errorf("watching a folder: %w", err)
		}
		w.folders = append(w.folders, real)
	}
	r.Watched = append(r.Watched, w.folders...)
	return w, nil
}

func (w *watch) close() {
	for _, k := range w.kept {
		_ = k.file.Close()
	}
	w.kept = nil
}

func (w *watch) below(path string) bool {
	return slices.ContainsFunc(w.folders, func(f string) bool { return path == f || strings.HasPrefix(path, strings.TrimSuffix(f, "/")+"/") })
}

// before searches the file that a name stands for; the last part of it is no link.
func (w *watch) before(k *task, path string) { w.at(k, path, unix.O_NOFOLLOW) }

// cut is before, of what is cut off: where a link leads to.
func (w *watch) cut(k *task, path string) { w.at(k, path, 0) }

func (w *watch) at(k *task, path string, flags int) {
	if path == "" || len(w.folders) == 0 {
		return
	}
	fd, err := unix.Open(path, flags|unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return // there is none
	}
	defer func() { _ = unix.Close(fd) }()
	link := "/proc/self/fd/" + strconv.Itoa(fd)
	if name, err := os.Readlink(link); err == nil && w.below(name) {
		target := make([]byte, unix.PathMax)
		n, _ := unix.Readlinkat(fd, "", target) // fails where it is no link
		w.names(k, name, "as a name, before it was removed or replaced", filepath.Base(name), string(target[:max(0, n)]))
	}
	w.open(k, link)
}

// names searches what a folder shows of a file: its name, and where it leads to if it is a link.
func (w *watch) names(k *task, path, when string, texts ...string) {
	for _, n := range w.report.canaries {
		for _, text := range texts {
			if form := n.in(text); form != "" {
				l := Leak{Secret: n.name, Where: InFile, Detail: path, Form: form, When: when}
				if k != nil {
					l.Program, l.PID = k.program, k.tgid
				}
				w.report.leak(l)
			}
		}
	}
}

// open searches the file behind a link of /proc, if it is below a folder.
func (w *watch) open(k *task, link string) {
	name, err := os.Readlink(link)
	if err != nil || !w.below(name) {
		return
	}
	var st unix.Stat_t
	if unix.Stat(link, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR {
		w.tree(link+"/", k)
		return
	}
	f, err := openRegular(link)
	if err != nil || f == nil {
		w.cannot(name, err)
		return
	}
	w.file(f, name, k, "before it was removed or replaced")
	if len(w.kept) == mostKept {
		w.report.notSeen("what was written to some files after they were removed")
		_ = f.Close()
		return
	}
	w.kept = append(w.kept, kept{f, name, *k})
}

// tree searches what is below a folder that is about to be moved, or is removed, which it
// then is without anything in it.
func (w *watch) tree(folder string, k *task) {
	_ = filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			w.cannot(path, err)
			return nil
		}
		if e.Type().IsRegular() {
			f, err := openRegular(path)
			if err != nil || f == nil {
				w.cannot(path, err)
				return nil
			}
			name, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(int(f.Fd())))
			w.file(f, name, k, "before it was removed or replaced")
			_ = f.Close()
		}
		return nil
	})
}

// openRegular returns nil for what is no regular file.
func openRegular(path string) (*os.File, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
}

// cannot says that a file was not searched; one that is gone was searched before.
func (w *watch) cannot(name string, err error) {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err
		}
		w.report.notSeen(fmt.Sprintf("%s: %v", name, err))
	}
}

// file searches all of an open file.
func (w *watch) file(f *os.File, name string, k *task, when string) {
	_, _ = f.Seek(0, io.SeekStart)
	s := &stream{needles: w.report.canaries, found: func(n needle, form string) {
		l := Leak{Secret: n.name, Where: InFile, Detail: name, Form: form, When: when}
		if k != nil {
			l.Program, l.PID = k.program, k.tgid
		}
		w.report.leak(l)
	}}
	n, err := io.CopyBuffer(struct{ io.Writer }{s}, io.LimitReader(f, mostFile), make([]byte, 256<<10))
	if err != nil {
		w.cannot(name, err)
	}
	if n == mostFile {
		w.report.notSeen(name + ": what is behind its first GiB")
	}
}

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
				w.file(f, bare, &task{tgid: tgidOf(tid), program: programOf(tid)}, "in a file without a name")
				_ = f.Close()
			}
		}
	}
}

// search is for the end, when nothing writes any more.
func (w *watch) search() {
	for _, k := range w.kept {
		w.file(k.file, k.name, &k.task, "after it was removed")
	}
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
			w.entry(path, e, all)
			return nil
		})
	}
}

// entry searches a name, where a link points to, and a file that was changed since.
func (w *watch) entry(path string, e fs.DirEntry, all bool) {
	target := ""
	if e.Type()&fs.ModeSymlink != 0 {
		target, _ = os.Readlink(path)
	}
	w.names(nil, path, "as a name, at the end", e.Name(), target)
	var st unix.Stat_t
	if !e.Type().IsRegular() || unix.Lstat(path, &st) != nil || !all && time.Unix(st.Ctim.Unix()).Before(w.began.Add(-2*time.Second)) {
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
