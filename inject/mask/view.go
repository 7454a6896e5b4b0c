package mask

// kind is a way to read a text.
type kind int

const (
	plain   kind = iota // as it is
	percent             // RFC 3986, section 2.1
	query               // application/x-www-form-urlencoded
	json                // RFC 8259, section 7
	wrapped             // base64 or hexadecimal, broken into lines
	kinds
)

// classes is in how many ways a text of a kind can be cut into escapes, as far as it matters for speed.
var classes = [kinds]int64{plain: 1, percent: 3, query: 3, json: 2, wrapped: 1}

// starters begin the escapes of each kind.
var starters = [kinds]string{percent: "%", query: "%+", json: "\\", wrapped: "\n\r"}

// view is a text read in one way, and the forms that are looked for in it.
//
// What begins at a place is read from that place, whatever stands before it: "100%" can
// stand before an encoded secret that begins with two digits. It is a secret if it reads
// as one to its last byte. In all but the first view only those are of interest that hold an escape.
type view struct {
	kind   kind
	forms  []*form
	escape [256]bool       // begins an escape, maybe
	first  [256][]int      // which forms a byte begins
	pairs  [1 << 10]uint64 // which bytes stand side by side in a form
	size   int             // of the longest form
}

func (v *view) prepare() {
	for i := range len(starters[v.kind]) {
		v.escape[starters[v.kind][i]] = true
	}
	for n, f := range v.forms {
		v.size = max(v.size, len(f.text))
		for _, c := range f.fold.both(f.text[0]) {
			v.first[c] = append(v.first[c], n)
		}
		if v.kind != plain {
			v.pair(f)
		}
	}
}

func (v *view) pair(f *form) {
	var seen [1 << 10]uint64 // a long form says the same again and again
	for i := 1; i < len(f.text); i++ {
		n := int(f.text[i-1])<<8 | int(f.text[i])
		if seen[n>>6]&(1<<(n&63)) != 0 {
			continue
		}
		seen[n>>6] |= 1 << (n & 63)
		for _, a := range f.fold.both(f.text[i-1]) {
			for _, b := range f.fold.both(f.text[i]) {
				n := int(a)<<8 | int(b)
				v.pairs[n>>6] |= 1 << (n & 63)
			}
		}
	}
}

// mayHold reports whether a form may hold an escape that stands for a text that begins with c:
// at its beginning, or behind what stands before place i, and not before place x. What follows it stands at next.
func (v *view) mayHold(text []byte, x, i, next int, c byte) bool {
	if len(v.first[c]) > 0 && v.kind != wrapped && v.mayGoOn(text, next, c) {
		return true
	}
	if i <= x || !v.beside(text[i-1], c) {
		return false
	}
	return len(v.first[text[i-1]]) > 0 || i-1 > x && v.beside(text[i-2], text[i-1])
}

// mayGoOn reports whether in a form c may stand before what begins at a place.
func (v *view) mayGoOn(text []byte, next int, c byte) bool {
	if next >= len(text) || !v.escape[text[next]] {
		return next >= len(text) || v.beside(c, text[next])
	}
	t := v.token(text[next:], false)
	return t.size == 0 || v.beside(c, t.value[0])
}

func (v *view) beside(a, b byte) bool {
	n := int(a)<<8 | int(b)
	return v.pairs[n>>6]&(1<<(n&63)) != 0
}
