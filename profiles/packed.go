package profiles

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"
)

// A run below a broker gets settings and profile from it, and TOML would be a tenth of
// its start: they come packed, as texts one behind the other, each with its length.

// The names of what Pack makes.
const (
	packedConfig  = "config"
	packedActive  = "active"
	packedProfile = "profile/" // and its name
)

var errPacked = errors.New("what came from the broker is not what this version packs")

// Pack returns the settings, the active profile's name and the profiles of that name, as
// they are parsed, for Unpack. Settings with managers or clients of the user's own stay as they were
// written.
func (h Home) Pack(profile string) (map[string][]byte, error) {
	c, err := h.Config()
	if err != nil {
		return nil, err
	}
	packed := map[string][]byte{}
	if c.Managers == nil && c.Clients == nil {
		packed[packedConfig] = c.pack()
	} else if packed["config.toml"], err = h.read("config.toml"); err != nil {
		return nil, err
	}
	switch active, err := h.Active(); {
	case err == nil:
		packed[packedActive] = []byte(active)
	case !errors.Is(err, ErrNoneActive):
		return nil, err
	}
	if profile == "" {
		return packed, nil
	}
	p, err := h.Profile(profile)
	if err == nil {
		packed[packedProfile+profile] = p.pack()
	}
	return packed, err
}

// Unpack is the folder dir as Pack found it.
func Unpack(dir string, packed map[string][]byte) Home { return Home{Dir: dir, packed: packed} }

// unpacked reads what Pack wrote; false where this folder is no packed one, or holds the
// file as it was written.
func (h Home) unpacked(name string) (*packing, bool, error) {
	if h.packed == nil || name == packedConfig && h.packed["config.toml"] != nil {
		return nil, false, nil
	}
	data, ok := h.packed[name]
	if !ok {
		return nil, true, fs.ErrNotExist
	}
	return &packing{b: data}, true, nil
}

func (c *Config) pack() []byte {
	p := &packing{}
	p.put(c.DefaultBackend, strconv.FormatBool(c.AllowPlaintext), strconv.FormatInt(int64(c.Timeout), 10), strconv.FormatBool(c.Audit))
	return p.b
}

func (c *Config) unpack(p *packing) error {
	c.DefaultBackend, c.AllowPlaintext = p.text(), p.text() == "true"
	timeout, err := strconv.ParseInt(p.text(), 10, 64)
	c.Timeout, c.Audit = time.Duration(timeout), p.text() == "true"
	return errors.Join(err, p.end())
}

func (f *Profile) pack() []byte {
	p := &packing{}
	p.put(f.Name, f.Description, f.Model, f.APIKeyRef, f.APIKeyEnv, f.Via)
	p.list(len(f.Allow)).put(f.Allow...)
	p.list(len(f.KeepEnv)).put(f.KeepEnv...)
	p.list(len(f.Secrets))
	for _, s := range f.Secrets {
		p.put(s.Name, s.Ref, s.Via)
	}
	p.list(len(f.Env))
	for _, v := range f.Env {
		p.put(v.Name, v.Template)
	}
	return p.b
}

func (f *Profile) unpack(p *packing) error {
	for _, to := range []*string{&f.Name, &f.Description, &f.Model, &f.APIKeyRef, &f.APIKeyEnv, &f.Via} {
		*to = p.text()
	}
	for range p.length() {
		f.Allow = append(f.Allow, p.text())
	}
	for range p.length() {
		f.KeepEnv = append(f.KeepEnv, p.text())
	}
	for range p.length() {
		f.Secrets = append(f.Secrets, Secret{p.text(), p.text(), p.text()})
	}
	for range p.length() {
		f.Env = append(f.Env, Variable{p.text(), p.text()})
	}
	return p.end()
}

// packing is a list of texts that is written, or read.
type packing struct {
	b   []byte
	bad bool
}

func (p *packing) put(texts ...string) {
	for _, t := range texts {
		p.b = append(binary.AppendUvarint(p.b, uint64(len(t))), t...)
	}
}

func (p *packing) list(n int) *packing {
	p.b = binary.AppendUvarint(p.b, uint64(n))
	return p
}

// length is a number of texts, or of bytes: never more than are left.
func (p *packing) length() int {
	n, size := binary.Uvarint(p.b)
	if size <= 0 || n > uint64(len(p.b)-size) {
		p.bad, p.b = true, nil
		return 0
	}
	p.b = p.b[size:]
	return int(n)
}

func (p *packing) text() string {
	n := p.length()
	t := string(p.b[:n])
	p.b = p.b[n:]
	return t
}

func (p *packing) end() error {
	if p.bad || len(p.b) > 0 {
		return fmt.Errorf("unpacking: %w", errPacked)
	}
	return nil
}
