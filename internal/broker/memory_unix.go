//go:build unix

package broker

import (
	"sync"

	"golang.org/x/sys/unix"
)

// Most secrets are short: they share pages, so that a thousand of them stay within what
// a user may lock (RLIMIT_MEMLOCK, getrlimit(2): 64 KiB in older systems, 8 MiB since).
const (
	slotSize = 256
	slabSize = 16 << 10
)

// pages is memory outside the Go heap: the collector does not copy it, it is not
// swapped (mlock(2)) as far as the limit allows, and stands in no core dump.
type pages struct {
	mu    sync.Mutex
	free  [][]byte
	open  int // bytes that could not be locked
	total int // bytes that are mapped
}

// keepOutOfDumps, where the platform has it, keeps memory out of core dumps and of
// children.
var keepOutOfDumps func(b []byte)

// take returns size bytes, which are the caller's until give.
func (p *pages) take(size int) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if size > slotSize {
		return p.mapped(size)
	}
	if len(p.free) == 0 {
		slab, err := p.mapped(slabSize)
		if err != nil {
			return nil, err
		}
		for ; len(slab) >= slotSize; slab = slab[slotSize:] {
			p.free = append(p.free, slab[:slotSize:slotSize])
		}
	}
	last := len(p.free) - 1
	slot := p.free[last]
	p.free = p.free[:last]
	return slot[:size], nil
}

func (p *pages) mapped(size int) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, err
	}
	p.total += size
	if unix.Mlock(b) != nil {
		p.open += size
	}
	if keepOutOfDumps != nil {
		keepOutOfDumps(b)
	}
	return b, nil
}

// give wipes what take returned and takes it back.
func (p *pages) give(b []byte) {
	if b == nil {
		return
	}
	b = b[:cap(b)]
	clear(b)
	p.mu.Lock()
	defer p.mu.Unlock()
	if cap(b) == slotSize {
		p.free = append(p.free, b)
		return
	}
	p.total -= len(b)
	_ = unix.Munmap(b)
}

// locked reports whether all of it could be locked.
func (p *pages) locked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open == 0
}
