package resolve

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

var ageFiles = []string{"secrets.age", "identity.txt", "recipients.txt"}

// storeFails wants storing to fail with that text, and secrets.age to stay what it was.
func (r *ageRig) storeFails(doing, want string) {
	r.t.Helper()
	was := r.read("secrets.age")
	_, err := r.fresh().Set(r.t.Context(), "age", "new", NewSecret([]byte(planted)))
	if OutcomeOf(err) != Failed || !strings.Contains(err.Error(), want) || r.leaks(err.Error()) {
		r.t.Errorf("%s: Set = %v (outcome %d); want a failure with %q and nothing secret", doing, err, OutcomeOf(err), want)
	}
	if now := r.read("secrets.age"); now != was {
		r.t.Errorf("%s: Set changed secrets.age, want it untouched", doing)
	}
}

// What is no regular file, in place of one of ours, is refused at once: a FIFO has
// nobody at its other end.
func TestAgeOddFiles(t *testing.T) {
	for _, file := range ageFiles {
		for doing, c := range map[string]struct {
			put  func(path string) error
			want string
		}{
			"a FIFO":           {func(path string) error { return syscall.Mkfifo(path, 0o600) }, "not a regular file"},
			"a folder":         {func(path string) error { return os.Mkdir(path, 0o700) }, "not a regular file"},
			"a link to itself": {func(path string) error { return os.Symlink(filepath.Base(path), path) }, "too many levels"},
			"a device":         {func(path string) error { return os.Symlink("/dev/zero", path) }, "not a regular file"},
			"a link to a FIFO": {func(path string) error {
				return firstError(syscall.Mkfifo(path+".fifo", 0o600), os.Symlink(path+".fifo", path))
			}, "not a regular file"},
		} {
			r := newAgeRig(t)
			if err := firstError(os.Remove(r.path(file)), c.put(r.path(file))); err != nil {
				t.Fatal(err)
			}
			_, err := r.fresh().Set(t.Context(), "age", "new", NewSecret([]byte(planted)))
			if OutcomeOf(err) != Failed || !strings.Contains(err.Error(), c.want) || r.leaks(err.Error()) {
				t.Errorf("%s in place of %s: Set = %v; want a failure with %q", doing, file, err, c.want)
			}
			if file != "recipients.txt" {
				r.fails(doing+" in place of "+file, c.want)
				continue
			}
			r.gets(doing + " in place of " + file) // which nobody needs for reading
			if err := r.AddRecipients(t.Context(), "", newKey(t).Recipient().String()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s in place of %s: AddRecipients = %v; want a failure with %q", doing, file, err, c.want)
			}
		}
	}
}

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// The modes of the three files: the identity is nobody else's to read, the others
// nobody else's to write.
func TestAgeModes(t *testing.T) {
	r := newAgeRig(t)
	for _, file := range ageFiles {
		for _, mode := range []os.FileMode{0o600, 0o400, 0o640, 0o604, 0o644, 0o660, 0o602, 0o666} {
			if err := os.Chmod(r.path(file), mode); err != nil {
				t.Fatal(err)
			}
			doing := file + " with mode " + strconv.FormatInt(int64(mode), 8)
			written, read := mode&0o002 != 0 || mode&0o020 != 0 && file == "identity.txt", mode&0o044 != 0 && file == "identity.txt"
			switch {
			case !written && !read:
				r.gets(doing)
				if _, err := r.fresh().Set(t.Context(), "age", "n", NewSecret([]byte("x"))); err != nil {
					t.Errorf("%s: Set = %v, want nil", doing, err)
				}
			case file == "recipients.txt":
				r.gets(doing)
				r.storeFails(doing, "lets others write to it")
			default:
				want := "lets others write to it"
				if !written {
					want = "lets others read it"
				}
				if text := r.fails(doing, want); !strings.Contains(text, "chmod") {
					t.Errorf("%s: Resolve gives %q, want a hint with chmod", doing, text)
				}
				r.storeFails(doing, want)
			}
		}
		if err := os.Chmod(r.path(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What is missing says so, and only where there never was a store may a search go on.
func TestAgeMissingFiles(t *testing.T) {
	r := newAgeRig(t)
	if err := os.Remove(r.path("recipients.txt")); err != nil {
		t.Fatal(err)
	}
	r.gets("without recipients.txt")
	r.storeFails("without recipients.txt", "recipients.txt was changed behind wg-run's back")
	list, err := r.fresh().Recipients(t.Context())
	if err != nil || len(list) != 1 || list[0].State != Gone || !list[0].Own {
		t.Errorf("Recipients(without recipients.txt) = %v, %v; want our own, gone", list, err)
	}
	if err := r.AddRecipients(t.Context(), "", r.public()); err != nil {
		t.Errorf("AddRecipients(our own, without recipients.txt) = %v, want nil", err)
	}
	if _, err := r.fresh().Set(t.Context(), "age", "new", NewSecret([]byte("x"))); err != nil {
		t.Errorf("Set, once our own is confirmed = %v, want nil", err)
	}
	whole := r.read("secrets.age")
	if err := os.Remove(r.path("secrets.age")); err != nil {
		t.Fatal(err)
	}
	r.fails("without secrets.age", "there is no secrets.age, though there was one")
	if err := firstError(os.Remove(r.path("identity.txt")), os.Rename(r.path("recipients.txt"), r.path("kept"))); err != nil {
		t.Fatal(err)
	}
	if got, err := resolved(t, t.Context(), r.fresh().Resolver, ageK); OutcomeOf(err) != Unavailable {
		t.Errorf("Resolve(%v) without any store = %v, %v; want ErrUnavailable", ageK, got, err)
	}
	r.put("secrets.age", []byte(whole))
	r.fails("without identity.txt", "no such file: identity.txt")
	t.Setenv(identityVariable, r.path("nosuch"))
	r.fails("with a variable that names no file", "no such file: $"+identityVariable)
}

// Where the identity is elsewhere, recipients.txt or the variable tells that there was
// a store: a search must not go on to a weaker one while git is writing the file anew.
func TestAgeGoneWithIdentityElsewhere(t *testing.T) {
	r := newAgeRig(t)
	t.Setenv(identityVariable, filepath.Join(t.TempDir(), "id"))
	if err := firstError(os.Rename(r.path("identity.txt"), os.Getenv(identityVariable)), os.Remove(r.path("secrets.age"))); err != nil {
		t.Fatal(err)
	}
	r.fails("without secrets.age, the identity elsewhere", "there is no secrets.age, though")
	if err := os.Rename(r.path("recipients.txt"), r.path("kept")); err != nil {
		t.Fatal(err)
	}
	r.fails("with nothing but the variable", "there is no secrets.age, though")
	r.put("secrets.toml", []byte("version = 1\n[secrets]\nk = \"weaker\"\n"))
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
	if got, err := resolved(t, t.Context(), r.fresh().Resolver, Auto("k", "")); OutcomeOf(err) != Failed {
		t.Errorf("Resolve(auto:k) while secrets.age is away = %q, %v; want a failure, not the weaker store's", bytesOf(got), err)
	}
}

// What is there is not replaced where only a new entry was wanted.
func TestAgeAddsOnlyNew(t *testing.T) {
	r := newAgeRig(t)
	if err := r.Add(t.Context(), "age", "k", NewSecret([]byte("another"))); !errors.Is(err, ErrThere) {
		t.Errorf("Add(k, which is there) = %v, want ErrThere", err)
	}
	r.gets("Add of what is there")
	if err := r.Add(t.Context(), "age", "new", NewSecret([]byte("x"))); err != nil {
		t.Errorf("Add(new) = %v, want nil", err)
	}
}

// Without a store nothing is made by who reads, lists or is refused.
func TestAgeMakesNothing(t *testing.T) {
	t.Setenv(identityVariable, "")
	r, _ := newResolver(t)
	_, gerr := r.Resolve(t.Context(), ageK)
	_, serr := r.Set(t.Context(), "age", "k", NewSecret([]byte(planted)))
	_, lerr := r.List(t.Context(), "age")
	_, rerr := r.Recipients(t.Context())
	for call, err := range map[string]error{
		"Resolve": gerr, "Set": serr, "List": lerr, "Recipients": rerr, "Remove": r.Remove(t.Context(), "age", "k"),
		"AddRecipients": r.AddRecipients(t.Context(), "", newKey(t).Recipient().String()), "RemoveRecipients": r.RemoveRecipients(t.Context(), "age1abcdefgh"),
	} {
		if OutcomeOf(err) != Unavailable {
			t.Errorf("%s without a store = %v, want ErrUnavailable", call, err)
		}
	}
	if _, err := os.Lstat(r.Home); err == nil {
		t.Errorf("without a store %s was made, want nothing", r.Home)
	}
}
