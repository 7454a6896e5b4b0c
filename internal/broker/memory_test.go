//go:build unix

package broker

import (
	"bytes"
	"testing"
)

// What was given back holds zeros, up to its whole size, and is handed out again.
func TestMemoryIsWiped(t *testing.T) {
	mem := &pages{}
	for _, size := range []int{0, 1, 100, slotSize} {
		b, err := mem.take(size)
		if err != nil || len(b) != size {
			t.Fatalf("take(%d) = %d bytes, %v; want that many", size, len(b), err)
		}
		whole := b[:cap(b)]
		for i := range whole {
			whole[i] = 'x'
		}
		mem.give(b)
		if !bytes.Equal(whole, make([]byte, slotSize)) {
			t.Errorf("after give of %d bytes the slot holds %q, want zeros", size, whole)
		}
		again, err := mem.take(size)
		if err != nil || &again[:1][0] != &whole[0] {
			t.Errorf("take(%d) after give: %v, want the same slot", size, err)
		}
		mem.give(again)
	}
	mem.give(nil)
	if mem.total != slabSize {
		t.Errorf("%d bytes are mapped, want %d", mem.total, slabSize)
	}
}

// Slots do not touch each other, and many of them need few pages.
func TestMemorySlots(t *testing.T) {
	mem := &pages{}
	const n = 1000
	var list [][]byte
	for i := range n {
		b, err := mem.take(slotSize)
		if err != nil {
			t.Fatal(err)
		}
		for j := range b {
			b[j] = byte(i)
		}
		if cap(b) != slotSize {
			t.Fatalf("take(%d) can grow to %d, want not at all", slotSize, cap(b))
		}
		list = append(list, b)
	}
	for i, b := range list {
		if !bytes.Equal(b, bytes.Repeat([]byte{byte(i)}, slotSize)) {
			t.Fatalf("the slot %d was written to by another", i)
		}
		mem.give(b)
	}
	if most := n*slotSize + slabSize; mem.total > most || len(mem.free)*slotSize != mem.total {
		t.Errorf("%d bytes are mapped and %d free, want all free and at most %d", mem.total, len(mem.free)*slotSize, most)
	}
}

// Large values have pages of their own, which are unmapped.
func TestMemoryLarge(t *testing.T) {
	mem := &pages{}
	for range 300 { // more than could be mapped and locked at once, by most limits
		b, err := mem.take(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		b[0], b[len(b)-1] = 1, 1
		mem.give(b)
	}
	if mem.total != 0 {
		t.Errorf("%d bytes are mapped, want none", mem.total)
	}
}
