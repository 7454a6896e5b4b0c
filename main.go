// wg-run is gone before a change of its cgroup's processors could matter, so the
// runtime need not keep the cgroup's files open and look at them.
//
//go:debug containermaxprocs=0
//go:debug updatemaxprocs=0

// Command wg-run starts a program and hands it a secret over an inherited
// file descriptor, so that the secret is in no argv, no environment and no file.
package main

import "github.com/graphwork/wg-run/internal/cli"

func main() { cli.Main() }
