package resolve

import (
	"context"

	"github.com/graphwork/wg-run/internal/safefile"
)

func setAge(ctx context.Context, s *Settings, name string, secret *Secret, onlyNew bool) (bool, error) {
	replaced := false
	err := changeAge(ctx, s, func(d *document) error {
		if _, replaced = d.entries[name]; replaced && onlyNew {
			return ErrThere
		}
		d.entries[name] = secret.Bytes()
		return nil
	})
	return replaced && err == nil, err
}

func removeAge(ctx context.Context, s *Settings, name string) error {
	return changeAge(ctx, s, func(d *document) error {
		if _, ok := d.entries[name]; !ok {
			return ErrNotFound
		}
		delete(d.entries, name)
		return nil
	})
}

// changeAge decrypts, changes and writes the store under its lock, for the
// recipients that it had and recipients.txt still names.
func changeAge(ctx context.Context, s *Settings, change func(*document) error) error {
	return withAge(ctx, s, func(d *document) error {
		if err := confirmed(s, d); err != nil {
			return err
		}
		if err := change(d); err != nil {
			return err
		}
		return writeAge(ctx, s, d)
	})
}

// withAge opens the store under its lock for one who writes it. What only reads or
// refuses makes no lock, and a person may take their time before it is taken.
func withAge(ctx context.Context, s *Settings, do func(*document) error) error {
	if _, err := readSealed(s); err != nil {
		return err
	}
	if _, err := ageKeysOf(ctx, s); err != nil {
		return err
	}
	unlock, err := safefile.Lock(ctx, s.Home)
	if err != nil {
		return err
	}
	defer unlock()
	d, err := openAge(ctx, s)
	if err != nil {
		return err
	}
	d.normalize()
	return do(d)
}
