package resolve

import (
	"os/exec"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// A plugin that others wrote, age-plugin-batchpass: a passphrase from the environment.
// It has no recipients of its own, so that a store is read with it and not written.
func TestPluginOfOthers(t *testing.T) {
	if slow {
		t.Skip("building a program takes long enough without the race detector")
	}
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "age-plugin-batchpass"), "filippo.io/age/cmd/age-plugin-batchpass")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building age-plugin-batchpass: %v, %s", err, out)
	}
	r := newAgeRig(t)
	t.Setenv("PATH", dir)
	t.Setenv("AGE_PASSPHRASE", testPassphrase)
	t.Setenv("AGE_PASSPHRASE_WORK_FACTOR", "8")
	id, err := plugin.NewIdentityWithoutData("batchpass", &plugin.ClientUI{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := seal([]byte("version = 1\n"+withK), []age.Recipient{id.Recipient()})
	if err != nil {
		t.Fatal(err)
	}
	r.put("secrets.age", store)
	r.put("identity.txt", []byte(id.String()+"\n"))
	r.gets("batchpass")
	r.storeFails("batchpass, which has no recipient", "behind wg-run's back")
	if r.read("secrets.age") != string(store) {
		t.Error("batchpass: the store was written, want it untouched")
	}
	t.Setenv("AGE_PASSPHRASE", "wrong horse")
	r.fails("batchpass with a wrong passphrase", "age")
	t.Setenv("AGE_PASSPHRASE", "")
	r.fails("batchpass without a passphrase", "age-plugin-batchpass failed")
}
