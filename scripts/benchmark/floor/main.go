//go:build linux

// Command floor is the yardstick of scripts/bench: the least that a Go program
// does to hand a value to a child over a pipe. It fills the pipe with its first
// argument and executes the rest in its place. It checks nothing and keeps
// nothing secret.
package main

import (
	"os"

	"golang.org/x/sys/unix"
)

func main() {
	var p [2]int
	check(unix.Pipe(p[:]))
	_, err := unix.Write(p[1], []byte(os.Args[1]))
	check(err)
	check(unix.Close(p[1]))
	check(unix.Exec(os.Args[2], os.Args[2:], os.Environ()))
}

func check(err error) {
	if err != nil {
		println("floor:", err.Error())
		os.Exit(125)
	}
}
