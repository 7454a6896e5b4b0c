package inject

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/graphwork/wg-run/fdpass"
	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
)

// DevFd is the folder in which a worker finds its descriptors as paths.
const DevFd = "/dev/fd/"

func (d *Delivery) fdText() string   { return strconv.Itoa(d.Number) }
func (d *Delivery) pathText() string { return DevFd + d.fdText() }

// templateSet maps what stands between the braces to its replacement: fd and
// path for the main secret, NAME.fd and NAME.path for every one.
type templateSet map[string]string

// lacking stands before the reason why there is nothing to put in.
const lacking = "\x00"

func templates(deliveries []Delivery) templateSet {
	t := templateSet{}
	for i := range deliveries {
		d := &deliveries[i]
		number, path := d.fdText(), d.pathText()
		switch {
		case d.Channel.Place == fdpass.InEnvironment:
			number, path = lacking+"the secret goes into a variable, and has no descriptor", lacking+"the secret goes into a variable, and has no path"
		case d.Channel.Place == fdpass.OnStdin && !fdpass.HasPaths:
			number = lacking + "the secret is standard input, which has no number"
			fallthrough
		case !d.Channel.Path():
			path = lacking + "the channel " + d.Channel.Name + " has no path"
		}
		set := func(key, value string) {
			if d.Name == fdpass.MainName {
				t[key] = value
			}
			t[d.Name+"."+key] = value
		}
		set("path", path)
		set("fd", lacking+"a worker gets a handle here, and no descriptor: {handle}")
		set(numberKey, number)
	}
	return t
}

// expand replaces open+KEY+end in s. Braces around anything else stay, so that
// JSON and shell text need no escaping; a KEY that looks like one of ours and
// names no secret is an error.
func (t templateSet) expand(s, open, end string) (string, error) {
	if !strings.Contains(s, open) {
		return s, nil
	}
	var b strings.Builder
	for {
		i := strings.Index(s, open)
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		rest := s[i+len(open):]
		j := strings.Index(rest, end)
		key := ""
		if j > 0 {
			key = rest[:j]
		}
		value, ok := t[key]
		why, lacks := strings.CutPrefix(value, lacking)
		switch {
		case lacks:
			return "", hint.Add(fmt.Errorf("%s%s%s: %s", open, key, end, why), lackingHint)
		case ok:
			b.WriteString(value)
			s = rest[j+len(end):]
		case ours(key) || open != "{" && j > 0:
			return "", fmt.Errorf("%s%s%s names no secret of this run", open, clean(key), end)
		default:
			b.WriteString(open)
			s = rest
		}
	}
}

// ours reports whether key has the form of a template of ours.
func ours(key string) bool { return isOf(key, "fd") || isOf(key, "path") || isOf(key, numberKey) }

// isOf reports whether key is what, or NAME.what.
func isOf(key, what string) bool {
	if key == what {
		return true
	}
	name, ok := strings.CutSuffix(key, "."+what) // a name may contain dots
	return ok && names.Valid(name)
}

func clean(key string) string {
	if names.LooksSecret(key) {
		return "…"
	}
	return key
}
