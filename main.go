// The worker gets the processors that wg-run was given, so wg-run itself needs
// no count of them from the cgroup: that would cost system calls at every start
// and two descriptors that stay open.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Command wg-run starts a program and hands it a secret over an inherited
// file descriptor, so that the secret is in no argv, no environment and no file.
package main

import "github.com/graphwork/wg-run/internal/cli"

func main() { cli.Main() }
