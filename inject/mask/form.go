package mask

import "sync"

// form is one text in which a secret shows.
type form struct {
	secret int
	text   []byte // as fold leaves it
	fold   *fold
	once   sync.Once
	again  []int32
}

// repeats returns, for each place in the form, how long what begins there goes on as the
// form itself (the Z function). It is made when first needed, which is when a text goes
// on like a secret for long.
func (f *form) repeats() []int32 {
	f.once.Do(func() {
		z := make([]int32, len(f.text))
		left, right := 0, 0
		for i := 1; i < len(z); i++ {
			n := 0
			if i < right {
				n = min(right-i, int(z[i-left]))
			}
			for i+n < len(z) && f.text[n] == f.text[i+n] {
				n++
			}
			if z[i] = int32(n); i+n > right {
				left, right = i, i+n
			}
		}
		f.again = z
	})
	return f.again
}

// fold makes equal what stands for the same.
type fold struct {
	to    [256]byte
	other [256]byte // what is made the same, or the byte itself
}

func newFold() *fold {
	f := &fold{}
	for i := range 256 {
		f.to[i], f.other[i] = byte(i), byte(i)
	}
	return f
}

func (f *fold) join(to, other string) {
	for i := range len(to) {
		f.to[other[i]], f.other[to[i]] = to[i], other[i]
	}
}

// both are the bytes that fold makes c.
func (f *fold) both(c byte) []byte {
	if f.other[c] == c {
		return []byte{c}
	}
	return []byte{c, f.other[c]}
}
