package mask

import "sync"

// form is one text in which a secret shows.
type form struct {
	secret int
	text   []byte // as fold leaves it
	fold   *[256]byte
	once   sync.Once
	again  []int32
}

// repeats returns, for each place in the form, how long what begins there goes on as the
// form itself (the Z function). It is made when first needed, which is when a text goes
// on like a secret for long; so no text, and no secret, makes masking take more than linear time.
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

// unfolded are all texts that fold makes b.
func (f *form) unfolded(b []byte) [][]byte {
	all := [][]byte{nil}
	for _, c := range b {
		var next [][]byte
		for _, before := range all {
			for i := range 256 {
				if f.fold[i] == c {
					next = append(next, append(before[:len(before):len(before)], byte(i)))
				}
			}
		}
		all = next
	}
	return all
}
