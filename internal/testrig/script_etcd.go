//go:build unix

package testrig

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// etcd starts a server of its own and points etcdctl to it; "etcd stop" ends it.
func etcd(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) > 0 {
		_ = jobOf(ts).Process.Kill()
		_ = jobOf(ts).Wait()
		return
	}
	dir, err := os.MkdirTemp(ts.Getenv("WORK"), "etcd")
	ts.Check(err)
	client, peer := "http://"+freeAddress(ts), "http://"+freeAddress(ts)
	cmd := exec.Command("etcd", "--data-dir", filepath.Join(dir, "data"), "--listen-client-urls", client, "--advertise-client-urls", client,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default="+peer)
	cmd.Stdout, err = os.Create(filepath.Join(dir, "log"))
	ts.Check(err)
	cmd.Stderr = cmd.Stdout
	ts.Check(cmd.Start())
	ts.Defer(func() { _ = cmd.Process.Kill() })
	locked(func() { jobs[key(ts)] = cmd })
	ts.Setenv("ETCDCTL_API", "3")
	ts.Setenv("ETCDCTL_ENDPOINTS", client)
	for end := time.Now().Add(rigPatience); ; { // etcdctl itself waits until it is there
		health := exec.Command("etcdctl", "--dial-timeout=5s", "--command-timeout=5s", "endpoint", "health")
		health.Env = append(os.Environ(), "ETCDCTL_API=3", "ETCDCTL_ENDPOINTS="+client)
		out, err := health.CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("etcd is not there: %v, %s", err, bytes.TrimSpace(out))
		}
	}
}

// freeAddress is one that nobody listens on.
func freeAddress(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
