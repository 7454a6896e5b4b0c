package fdpass

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A Windows child inherits handles, not descriptors: of the kernel's objects an anonymous
// pipe alone carries bytes that nobody else can open.
var openSocket, openMemfd, openInDirectory func(string, []byte) (*os.File, error)

var holdSocket, holdMemfd func(string, []byte, bool) (*Held, error)

var isMemfd func(int) bool

// OpenDirectory returns ErrUnsupported.
func OpenDirectory(map[string]int) (*os.File, error) { return nil, ErrUnsupported }

// openPipe fills a pipe that was made as large as that (CreatePipe: the size is a suggestion,
// so it writes without waiting). Its handle is not inheritable.
func openPipe(_ string, data []byte) (*os.File, error) {
	var r, w windows.Handle
	if err := windows.CreatePipe(&r, &w, nil, uint32(len(data))); err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	defer func() { _ = windows.CloseHandle(w) }()
	if err := fill(w, data); err != nil {
		_ = windows.CloseHandle(r)
		return nil, fmt.Errorf("filling a pipe with %d bytes: %w", len(data), err)
	}
	return os.NewFile(uintptr(r), "pipe"), nil
}

func fill(w windows.Handle, data []byte) error {
	mode := uint32(windows.PIPE_READMODE_BYTE | windows.PIPE_NOWAIT)
	if err := windows.SetNamedPipeHandleState(w, &mode, nil, nil); err != nil {
		return err
	}
	for len(data) > 0 {
		var n uint32
		if err := windows.WriteFile(w, data, &n, nil); err != nil {
			return err
		}
		if n == 0 {
			return ErrTooBig
		}
		data = data[n:]
	}
	return nil
}

// holdPipe knows what is left in the pipe as long as it is open here, which keeps no reader
// waiting.
func holdPipe(label string, data []byte, _ bool) (*Held, error) {
	f, err := openPipe(label, data)
	if err != nil {
		return nil, err
	}
	return &Held{File: f, Unread: func() int { return unread(f) }, Close: func() { _ = f.Close() }}, nil
}

var (
	kernel32             = windows.NewLazySystemDLL("kernel32.dll")
	peekNamedPipe        = kernel32.NewProc("PeekNamedPipe")
	getHandleInformation = kernel32.NewProc("GetHandleInformation")
)

// unread is how many bytes are left; none where the pipe is empty and has no writer.
func unread(f *os.File) int {
	var left uint32
	if ok, _, _ := peekNamedPipe.Call(f.Fd(), 0, 0, 0, uintptr(unsafe.Pointer(&left)), 0); ok == 0 {
		return 0
	}
	return int(left)
}

// readDescriptor reads a handle to its end and closes it. One that wg-run cannot have handed
// over is left alone.
func readDescriptor(number int) ([]byte, error) {
	h := windows.Handle(number)
	var flags uint32
	if ok, _, err := getHandleInformation.Call(uintptr(h), uintptr(unsafe.Pointer(&flags))); ok == 0 {
		return nil, fmt.Errorf("the handle is not open: %w", err)
	}
	if kind, err := windows.GetFileType(h); err != nil || kind != windows.FILE_TYPE_PIPE {
		return nil, errors.New("the handle is no pipe")
	}
	if flags&windows.HANDLE_FLAG_INHERIT == 0 {
		return nil, errors.New("the handle was not inherited, but opened by this program")
	}
	f := os.NewFile(uintptr(h), "handed over")
	defer func() { _ = f.Close() }()
	return readBounded(f)
}
