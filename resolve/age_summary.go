package resolve

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/safefile"
)

// Summary describes a version of the store for git's textconv (gitattributes(5)): a
// line for each entry, which changes when its value does. The marks are keyed with
// what only those know who can read the store. Of a version that cannot be decrypted
// without asking anybody it says why, and what tells it from another one.
func (r *Resolver) Summary(ctx context.Context, path string) (string, error) {
	sealed, err := safefile.Read(path, safefile.Rule{Foreign: true, Max: maxSealed})
	if err != nil {
		if names.PathLooksSecret(path) {
			cause := safefile.ErrUnsafe
			if pe, ok := errors.AsType[*fs.PathError](err); ok {
				cause = pe.Err
			}
			return "", fmt.Errorf("reading the file %s: %w", names.Hidden, cause)
		}
		return "", fmt.Errorf("reading the file: %w", err)
	}
	d, err := unsealStore(ctx, r.quiet(), sealed)
	if err != nil {
		return fmt.Sprintf("not readable here: %s\n%d bytes, sha256 %x\n", names.Escaped(err.Error()), len(sealed), sha256.Sum256(sealed)), nil
	}
	var b strings.Builder
	for _, text := range d.recipients {
		fmt.Fprintf(&b, "recipient %s\n", names.Printable(text))
	}
	for _, name := range slices.Sorted(maps.Keys(d.entries)) {
		fmt.Fprintf(&b, "%s: %d bytes%s\n", names.Printable(name), len(d.entries[name]), d.mark(name))
	}
	return b.String(), nil
}

func (d *document) mark(name string) string {
	if d.id == "" {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(d.id))
	mac.Write([]byte(name + "\x00"))
	mac.Write(d.entries[name])
	return fmt.Sprintf(", %x", mac.Sum(nil)[:6])
}
