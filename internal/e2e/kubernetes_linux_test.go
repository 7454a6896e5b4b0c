package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// version writes a Kubernetes volume's next content and switches to it, as the kubelet
// does: a folder of its own, a link that is renamed over the old one, and the old
// folder removed.
func version(dir string, n int) error {
	old, _ := os.Readlink(dir + "/..data")
	now := fmt.Sprintf("..2026_%d", n)
	if err := os.Mkdir(filepath.Join(dir, now), 0o755); err != nil {
		return err
	}
	text := strings.Repeat(fmt.Sprint(n%10), 1<<16)
	if err := os.WriteFile(filepath.Join(dir, now, "key"), []byte(text), 0o644); err != nil {
		return err
	}
	if err := os.Symlink(now, dir+"/..data_tmp"); err != nil {
		return err
	}
	if err := os.Rename(dir+"/..data_tmp", dir+"/..data"); err != nil || old == "" {
		return err
	}
	return os.RemoveAll(filepath.Join(dir, old))
}

// A run gets the old secret or the new one, whole, whenever it is switched.
func TestKubernetesSwitch(t *testing.T) {
	p := strangers(t, nil)
	dir := p.mounts(0, nil)
	if err := version(dir, 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..data/key", dir+"/key"); err != nil {
		t.Fatal(err)
	}
	end, ended := make(chan struct{}), make(chan error)
	go func() {
		for n := 1; ; n++ {
			select {
			case <-end:
				ended <- nil
				return
			default:
			}
			if err := version(dir, n); err != nil {
				ended <- err
				return
			}
		}
	}()
	for range 8 {
		atOnce(25, func(int) {
			got := p.run("", "secret", "get", "file:"+dir+"/key", "--reveal")
			if got.code != 0 || len(got.stdout) != 1<<16 || strings.Trim(got.stdout, got.stdout[:1]) != "" {
				t.Errorf("a secret that is switched: %d, %d bytes, %q; want one version, whole", got.code, len(got.stdout), got.stderr)
			}
		})
	}
	close(end)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}
