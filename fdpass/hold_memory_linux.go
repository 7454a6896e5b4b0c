package fdpass

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func holdMemfd(label string, data []byte, once bool) (*Held, error) {
	seals := allSeals
	if once {
		seals &^= unix.F_SEAL_SHRINK
	}
	rw, ro, err := makeMemfd(label, data, seals)
	if err != nil {
		return nil, err
	}
	return holdMemory(os.NewFile(uintptr(rw), "memfd"), os.NewFile(uintptr(ro), "memfd"), len(data), once)
}

// holdMemory keeps a memory file open for writing, which can be cut; file is for the worker.
// Its times say whether it was read or mapped: at first it was not since 1970, and that is
// changed by the first access even on a file system that rarely notes one (relatime, mount(8)).
func holdMemory(keep, file *os.File, size int, once bool) (*Held, error) {
	rw := int(keep.Fd())
	h := &Held{File: file}
	stop := func() {}
	h.Close = func() {
		stop()
		_, _ = h.File.Close(), keep.Close()
	}
	never := []unix.Timespec{{}, {Nsec: unix.UTIME_OMIT}}
	if err := futimens(rw, never); err != nil {
		h.Close()
		return nil, fmt.Errorf("setting a memory file's times: %w", err)
	}
	h.Unread = func() int {
		var st unix.Stat_t
		if unix.Fstat(rw, &st) == nil && st.Atim != (unix.Timespec{}) {
			return 0
		}
		return size
	}
	if !once {
		return h, nil
	}
	w, err := newWatch(rw)
	if err != nil {
		h.Close()
		return nil, fmt.Errorf("watching a memory file: %w", err)
	}
	stop = w.stop
	return h, h.wipeOnce(w, rw, size)
}

// futimens is utimensat(2) of a descriptor.
func futimens(fd int, times []unix.Timespec) error {
	return unix.UtimesNanoAt(fd, "", times, unix.AT_EMPTY_PATH)
}

// wipeOnce has Watch cut the file when the offset that all who inherited it share is at the
// end, or when one that was opened anew and read from is closed. So a reader in small pieces
// gets all of it. What pread(2) and mmap(2) take is not seen.
func (h *Held) wipeOnce(w *watch, rw, size int) error {
	shared, err := syscall.Dup(int(h.File.Fd()))
	if err != nil {
		return err
	}
	unix.CloseOnExec(shared)
	closeFiles := h.Close
	h.Close = func() {
		closeFiles()
		_ = unix.Close(shared)
	}
	opened, read := 0, false
	at := func() int64 {
		offset, _ := unix.Seek(shared, 0, unix.SEEK_CUR)
		return offset
	}
	last := at()
	h.Watch = func() bool {
		w.each(func(mask uint32) (over bool) {
			now := at()
			switch {
			case mask&unix.IN_OPEN != 0:
				opened++
			case mask&unix.IN_ACCESS != 0:
				read = read || opened > 0 && now == last
			case mask&unix.IN_CLOSE_NOWRITE != 0 && opened > 0:
				opened--
				over = read
			}
			last = now
			if over = over || now >= int64(size); over {
				_ = unix.Ftruncate(rw, 0)
			}
			return over
		})
		return false
	}
	return nil
}

// watch are the events of a memory file (inotify(7)). The kernel gives them where it was opened
// anew, as the worker's is.
type watch struct{ f *os.File }

func newWatch(fd int) (*watch, error) {
	in, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, err
	}
	if _, err := unix.InotifyAddWatch(in, ownPath(fd), unix.IN_ACCESS|unix.IN_OPEN|unix.IN_CLOSE_NOWRITE); err != nil {
		_ = unix.Close(in)
		return nil, err
	}
	return &watch{os.NewFile(uintptr(in), "inotify")}, nil
}

// each hands events on until one is the last, or none come any more.
func (w *watch) each(event func(mask uint32) (last bool)) {
	buf := make([]byte, 4096)
	for {
		n, err := w.f.Read(buf)
		if err != nil {
			return
		}
		for e := buf[:n]; len(e) >= unix.SizeofInotifyEvent; {
			head := (*unix.InotifyEvent)(unsafe.Pointer(&e[0]))
			if event(head.Mask) {
				return
			}
			e = e[unix.SizeofInotifyEvent+head.Len:]
		}
	}
}

func (w *watch) stop() { _ = w.f.Close() }
