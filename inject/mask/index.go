package mask

import "encoding/binary"

// index finds where one of many forms may begin, looking at few bytes of a text that holds
// none (Wu and Manber, "A Fast Algorithm for Multi-Pattern Searching", 1994): the
// last bytes of a window say how far the next window can be.
type index struct {
	window int
	shift  uint8 // of a hash, so that what is left is a slot
	skip   []uint8
	ending map[uint32][]int // slot of a window's last bytes -> forms, by number
}

const (
	block     = 3
	maxWindow = 32
	fewest    = 12 // bits of a slot: the table stays in the processor's nearest cache
	most      = 16
	sparse    = 16            // slots for each block
	crowded   = 1 << most / 4 // with more blocks, a smaller window skips further
)

// slot is that of a block, which is the last three of four bytes.
func (x *index) slot(b []byte) uint32 {
	return (binary.LittleEndian.Uint32(b) >> 8) * 0x9E3779B1 >> (x.shift & 31)
}

func (x *index) fill(forms []*form) {
	x.window = maxWindow
	for _, f := range forms {
		x.window = min(x.window, len(f.text))
	}
	for x.window > Shortest && x.window*len(forms) > crowded {
		x.window--
	}
	bits := fewest
	for bits < most && 1<<bits < sparse*x.window*len(forms) {
		bits++
	}
	x.shift, x.skip = uint8(32-bits), make([]uint8, 1<<bits)
	for i := range x.skip {
		x.skip[i] = uint8(x.window - block + 1)
	}
	x.ending = map[uint32][]int{}
	for i, f := range forms {
		for end := block; end <= x.window; end++ {
			for _, a := range f.fold.both(f.text[end-3]) {
				for _, b := range f.fold.both(f.text[end-2]) {
					for _, c := range f.fold.both(f.text[end-1]) {
						x.add(x.slot([]byte{0, a, b, c}), uint8(x.window-end), i)
					}
				}
			}
		}
	}
}

func (x *index) add(slot uint32, skip uint8, form int) {
	x.skip[slot] = min(x.skip[slot], skip)
	if list := x.ending[slot]; skip == 0 && (len(list) == 0 || list[len(list)-1] != form) {
		x.ending[slot] = append(list, form)
	}
}

// next returns the first place from i on where a form may begin, and which it may be;
// where the rest is too short for a window it returns its beginning.
func (x *index) next(text []byte, i int) (int, []int) {
	far := x.window - block + 1
	for end := i + x.window; end <= len(text); {
		at := x.slot(text[end-4 : end])
		skip := int(x.skip[at])
		if skip == far { // nearly always: the processor goes on without waiting for the table
			end += far
			i += far
			continue
		}
		if skip == 0 {
			return i, x.ending[at]
		}
		end += skip
		i += skip
	}
	return i, nil
}
