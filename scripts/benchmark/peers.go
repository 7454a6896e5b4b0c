//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
)

// peers are what people use today, each with its cheapest local store, and wg-run with the
// stores that only these have.
func peers(w *world) []*row {
	inShell := func(lookup string) func(...string) []string {
		return behind("/bin/sh", "-c", `V=$(`+lookup+`) || exit; export V; exec "$@"`, "sh")
	}
	return []*row{
		{name: "envdir", kind: peer, needs: "envdir", argv: behind(lookPath("envdir"), w.path("envdir"))},
		{name: "chpst -e", kind: peer, needs: "chpst", argv: behind(lookPath("chpst"), "-e", w.path("envdir"))},
		{name: "sh: V=$(cat file), exported, exec", kind: peer, argv: inShell("cat " + w.path("value"))},
		{name: "sh: systemd-creds decrypt", kind: peer, needs: "systemd-creds", argv: inShell("systemd-creds decrypt " + w.path("creds", "bench") + " -")},
		{name: "sh: secret-tool lookup", kind: peer, needs: "secret-tool", keyring: true, argv: inShell("secret-tool lookup service wg username bench")},
		{name: "sh: pass show", kind: peer, needs: "pass", argv: inShell("pass show bench")},
		{name: "wg-run, systemd-creds", kind: ours, needs: "systemd-creds", delivers: true, argv: behind(
			w.bin("wg-run"), "--ref", "systemd-creds:"+w.path("creds", "bench"), "--")},
		{name: "wg-run, pass", kind: ours, needs: "pass", delivers: true, argv: behind(w.bin("wg-run"), "--ref", "pass:bench", "--")},
	}
}

// lookPath is the path of a program, its name where there is none.
func lookPath(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return name
}

// storeInCreds encrypts the value with the machine's key, which root alone has.
func storeInCreds(w *world) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("the machine's key is root's")
	}
	if err := os.MkdirAll(w.path("creds"), 0o700); err != nil {
		return err
	}
	return w.steps("encrypting a credential",
		step{argv: []string{"systemd-creds", "encrypt", "--name=bench", "-", w.path("creds", "bench")}, stdin: value})
}

// findMissing notes which rows cannot be measured here, and why.
func findMissing(w *world, list []*row, noKeyring string) {
	creds, tried := error(nil), false
	for _, r := range list {
		if r.keyring {
			r.missing = noKeyring
		}
		if r.needs == "" || r.missing != "" {
			continue
		}
		if _, err := exec.LookPath(r.needs); err != nil {
			r.missing = r.needs + " is not installed"
		} else if r.needs == "systemd-creds" {
			if !tried {
				creds, tried = storeInCreds(w), true
			}
			if creds != nil {
				r.missing = creds.Error()
			}
		} else if _, err := os.Stat(w.path("home", ".password-store", "bench.gpg")); r.needs == "pass" && err != nil {
			r.missing = "no store of pass could be made"
		}
	}
}
