package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
)

// Set is secrets in all their forms. Several Writers may share one.
type Set struct {
	names [][]byte
	views []*view
	index index // of the forms of the first view
}

// NewSet copies what it needs of the secrets.
func NewSet(secrets []Secret) *Set {
	s := &Set{}
	asIs, lower, standard := newFold(), newFold(), newFold()
	lower.join("abcdef", "ABCDEF")
	standard.join("+/", "-_") // RFC 4648, section 5
	byKind := make([]*view, kinds)
	for k := range byKind {
		byKind[k] = &view{kind: kind(k)}
	}
	add := func(f *form, where ...kind) {
		for _, k := range where {
			byKind[k].forms = append(byKind[k].forms, f)
		}
	}
	for i, secret := range secrets {
		s.names = append(s.names, []byte("[redacted:"+secret.Name+"]"))
		value := trimmed(secret.Value)
		if len(value) < Shortest {
			continue
		}
		raw := &form{secret: i, text: bytes.Clone(value), fold: asIs}
		add(raw, plain, percent, json)
		if bytes.IndexByte(value, ' ') >= 0 { // else there is nothing that percent does not decode
			add(raw, query)
		}
		if shown := bytes.ReplaceAll(value, []byte("\n"), []byte("\r\n")); len(shown) > len(value) {
			add(&form{secret: i, text: shown, fold: asIs}, plain) // by a terminal (ONLCR, termios(3))
		}
		add(&form{secret: i, text: hex.AppendEncode(nil, value), fold: lower}, plain, wrapped)
		for offset := range 3 {
			add(&form{secret: i, text: inner(value, offset), fold: standard}, plain, wrapped, percent, json)
		}
	}
	for _, v := range byKind {
		if len(v.forms) > 0 {
			v.prepare()
			s.views = append(s.views, v)
		}
	}
	if len(s.views) > 0 {
		s.index.fill(s.views[0].forms)
	}
	return s
}

// Wipe clears the copies. No Writer may use the set any more.
func (s *Set) Wipe() {
	for _, v := range s.views {
		for _, f := range v.forms {
			clear(f.text)
		}
	}
}

// inner is the part of the base64 text that depends on nothing but the secret, if
// that begins at a byte whose number leaves the given rest modulo 3.
func inner(value []byte, offset int) []byte {
	text := base64.RawStdEncoding.AppendEncode(nil, append(make([]byte, offset, offset+len(value)), value...))
	return text[(8*offset+5)/6 : 8*(offset+len(value))/6]
}
