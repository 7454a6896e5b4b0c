package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/graphwork/wg-run/internal/hint"
	"github.com/graphwork/wg-run/internal/safefile"
	"github.com/graphwork/wg-run/resolve"
)

// checkBackends asks each store, and no manager: those that profiles use are asked
// with their references.
func (d *doctor) checkBackends(ctx context.Context) {
	if _, err := resolve.Storing(d.r.DefaultBackend); err != nil {
		d.problem(hint.Add(fmt.Errorf("default_backend of config.toml: %w", err), "wg-run secret backend set keyring"))
	}
	for _, s := range backendStates(ctx, d.r) {
		switch {
		case !s.Writable || !s.Active:
		case s.Reachable && !s.Locked:
			d.add(stateOK, s.Backend+" is ready", "")
		case s.Default:
			d.locked[s.Backend] = s.Locked
			d.add(stateProblem, "the default backend: "+s.Why, s.Hint)
		default:
			d.locked[s.Backend] = s.Locked
			d.add(stateNote, s.Backend+", which is not the default: "+s.Why, "")
		}
	}
}

// checkFiles reads every file of ours under the rules that a run applies.
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
	for _, f := range []struct {
		name string
		rule safefile.Rule
	}{
		{"active-profile", safefile.Rule{Max: 1 << 20}},
		{"secrets.toml", safefile.Rule{Private: true, Max: 64 << 20}},
		{"secrets.toml.bak", safefile.Rule{Private: true, Max: 64 << 20}},
		{"audit.jsonl", safefile.Rule{Private: true, Max: 1 << 40}},
	} {
		d.readable(filepath.Join(dir, f.name), f.rule)
	}
	kept, err := d.home.KeptByWg()
	if err != nil {
		d.problem(err)
	}
	for _, k := range kept {
		d.readable(k.Path, safefile.Rule{Private: true, Max: resolve.MaxSecret + 2})
	}
	if d.config.Audit {
		if err := safefile.Append(ctx, filepath.Join(dir, "audit.jsonl"), nil); err != nil {
			d.problem(fmt.Errorf("writing audit.jsonl: %w", err))
		}
	}
}

func (d *doctor) readable(path string, rule safefile.Rule) {
	data, err := safefile.Read(path, rule)
	clear(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.problem(err)
	}
}

// checkPlaintext says where secrets lie unencrypted, and how many.
func (d *doctor) checkPlaintext(ctx context.Context) {
	path, err := d.home.Path("secrets.toml")
	if err != nil {
		return
	}
	if !d.config.AllowPlaintext {
		if _, err := os.Lstat(path); err == nil {
			d.add(stateProblem, path+" is there, and config.toml does not allow it: nothing reads it", hint.Command("rm", path))
		}
		return
	}
	list, err := d.r.List(ctx, "plaintext")
	if err != nil {
		return // said by its backend's check
	}
	if len(list) > 0 || d.r.DefaultBackend == "plaintext" {
		d.add(stateNote, fmt.Sprintf("the plaintext store is in use, unencrypted, and holds %d", len(list)), "wg-run secret backend set keyring, and set them there")
	}
}
