package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/names"
	"github.com/graphwork/wg-run/internal/safefile"
	"github.com/graphwork/wg-run/resolve"
)

// checkBackends asks each store, and each manager that is installed or in config.toml.
func (d *doctor) checkBackends(ctx context.Context) {
	if _, err := resolve.Storing(d.r.DefaultBackend); err != nil {
		d.problem(hint.Add(fmt.Errorf("default_backend of config.toml: %w", err), "wg-run secret backend set NAME; wg-run secret backend show lists them"))
	}
	for _, s := range backendStates(ctx, d.r) {
		switch {
		case s.program:
			d.checkManager(s)
		case !s.Writable || !s.Active, errors.Is(s.err, resolve.ErrNotSetUp) && !s.Default:
		case s.Reachable && !s.Locked:
			d.add(stateOK, s.Backend+" is ready", "")
		case s.Locked && s.Backend == "age": // as it is meant to be
			d.down[s.Backend] = s.err
			d.add(stateNote, "age is locked, and was not asked for", "")
		case s.Default:
			d.down[s.Backend] = s.err
			err := d.r.Ready(ctx, s.Backend) // which names other stores, too
			if err == nil {
				err = s.err
			}
			d.problem(fmt.Errorf("the default backend: %w", err))
		case resolve.OutcomeOf(s.err) == resolve.Failed && !s.Locked:
			d.down[s.Backend] = s.err
			d.problem(s.err)
		default:
			d.down[s.Backend] = s.err
			d.add(stateNote, s.Backend+", which is not the default: "+s.Why, "")
		}
	}
}

// checkFiles holds every file of ours against the rules that a run applies.
func (d *doctor) checkFiles(ctx context.Context) {
	dir, err := d.home.Path()
	if err != nil {
		d.problem(err)
		return
	}
	fi, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = safefile.CheckDir(dir)
	}
	if err != nil {
		d.problem(err)
		return
	}
	if mode := fi.Mode().Perm(); openToOthers(mode) {
		d.add(stateProblem, fmt.Sprintf("%s: mode %04o lets others look into it", dir, mode), hint.Command("chmod", "700", dir))
	}
	d.readable(filepath.Join(dir, "active-profile"), safefile.Rule{})
	d.readable(filepath.Join(dir, "secrets.toml"), safefile.Rule{Private: true})
	d.checkAudit(ctx, filepath.Join(dir, "audit.jsonl"))
	kept, err := d.home.KeptByWg()
	if err != nil {
		d.problem(err)
	}
	for _, k := range kept {
		if err := safefile.Judge(k.Path, safefile.Rule{Private: true}); errors.Is(err, safefile.ErrUnsafe) {
			mend := hint.Command("chmod", "600", k.Path)
			if names.PathLooksSecret(k.Path) {
				mend = "chmod 600 FILE"
			}
			d.add(stateProblem, "others can read or change a key of wg's: "+names.ShowPath(k.Path), mend)
		}
	}
}

// checkAudit sees whether a line could be appended to the audit log.
func (d *doctor) checkAudit(ctx context.Context, path string) {
	if !d.config.Audit {
		d.readable(path, safefile.Rule{Private: true})
		return
	}
	ctx, cancel := context.WithTimeout(ctx, auditTime)
	defer cancel()
	if err := safefile.Append(ctx, path, nil); err != nil {
		d.problem(fmt.Errorf("writing audit.jsonl: %w", err))
	}
}

func (d *doctor) readable(path string, rule safefile.Rule) {
	err := safefile.Judge(path, rule)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return
	}
	if names.PathLooksSecret(path) {
		err = errors.New("a file in " + filepath.Dir(path) + " whose name looks like a key would be refused")
	}
	d.problem(err)
}

// checkPlaintext says where secrets lie unencrypted, and how many.
func (d *doctor) checkPlaintext(ctx context.Context) {
	path, err := d.home.Path("secrets.toml")
	if err != nil {
		return
	}
	if !d.config.AllowPlaintext {
		if _, err := os.Lstat(path); err == nil {
			d.add(stateProblem, path+" is there, and config.toml does not allow it: what it holds is not found",
				"wg-run secret backend set plaintext --allow-plaintext, or store what it holds elsewhere and remove it")
		}
		return
	}
	list, err := d.r.List(ctx, "plaintext")
	if err != nil {
		d.add(stateNote, "the plaintext store cannot be read", "")
		return
	}
	switch {
	case d.r.DefaultBackend == "plaintext":
		d.add(stateNote, fmt.Sprintf("the plaintext store is the default, unencrypted, and holds %d", len(list)),
			"wg-run secret backend set keyring, or where there is none: wg-run secret backend set age")
	case len(list) > 0:
		d.add(stateNote, fmt.Sprintf("the plaintext store is in use, unencrypted, and holds %d", len(list)),
			"wg-run secret set NAME, and then: wg-run secret rm NAME --backend plaintext")
	}
}
