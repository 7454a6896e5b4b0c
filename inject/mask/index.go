package mask

import "encoding/binary"

// index finds where one of many forms may begin, looking at few bytes of a text that holds
// none (Wu and Manber, "A Fast Algorithm for Multi-Pattern Searching", 1994): the
// last bytes of a window say how far the next window can be.
type index struct {
	window int
	skip   [slots]uint8
	ending map[uint32][]int // slot of a window's last bytes -> forms, by number
}

const (
	block     = 3
	slots     = 1 << 16
	maxWindow = 32
	crowded   = slots / 4 // with more blocks, a smaller window skips further
)

// slot is that of the last block of b, of which there are four bytes at least.
func slot(b []byte) uint32 {
	return (binary.LittleEndian.Uint32(b[len(b)-4:]) >> 8) * 0x9E3779B1 >> 16
}

func (x *index) fill(forms []*form) {
	x.window = maxWindow
	for _, f := range forms {
		x.window = min(x.window, len(f.text))
	}
	for x.window > Shortest && x.window*len(forms) > crowded {
		x.window--
	}
	for i := range x.skip {
		x.skip[i] = uint8(x.window - block + 1)
	}
	x.ending = map[uint32][]int{}
	for i, f := range forms {
		for end := block; end <= x.window; end++ {
			for _, a := range f.fold.both(f.text[end-3]) {
				for _, b := range f.fold.both(f.text[end-2]) {
					for _, c := range f.fold.both(f.text[end-1]) {
						x.add(slot([]byte{0, a, b, c}), uint8(x.window-end), i)
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
	for end := i + x.window; end <= len(text); {
		at := slot(text[end-4 : end])
		skip := int(x.skip[at])
		if skip == 0 {
			return end - x.window, x.ending[at]
		}
		end += skip
		i = end - x.window
	}
	return i, nil
}
