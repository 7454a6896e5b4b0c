// wg-run is gone before a change of its cgroup's processors could matter, so the
// runtime need not keep the cgroup's files open and look at them.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Command wg-run starts a program and hands it a secret over an inherited
// file descriptor, so that the secret is in no argv, no environment and no file.
package main

import (
	"os"
	"strings"

	"github.com/graphwork/wg-run/inject"
	"github.com/graphwork/wg-run/internal/cli"
)

// Until init returns the runtime keeps it on the process's first thread, which is what
// isolating a worker needs. runtime.LockOSThread would start one more thread for that: a
// twentieth of a start. The program of a test has this init, too, and another main.
func init() {
	if !strings.Contains(os.Args[0], ".test") {
		inject.OnFirstThread()
		cli.Main()
	}
}

func main() { cli.Main() }
