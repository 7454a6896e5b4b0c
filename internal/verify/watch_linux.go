//go:build amd64 || arm64

package verify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/graphwork/wg-run/internal/names"
)

// watch searches files below folders: at the end all that were changed meanwhile, and
// before that each that is about to be removed, replaced or cut off.
type watch struct {
	report  *Report
	folders []string
	began   time.Time
	kept    []kept
}

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
			if pe, ok := errors.AsType[*fs.PathError](err); ok { // which names the step, and maybe another path
				err = pe.Err
			}
			return nil, fmt.Errorf("watching %s: %w", names.ShowPath(r.clean(f)), err)
		}
		w.folders = append(w.folders, real)
	}
	r.Watched = append(r.Watched, w.folders...)
	return w, nil
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
	w.keep(kept{f, inodeOf(f), name, "after it was removed", *k})
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
