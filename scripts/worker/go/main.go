// Worker reads the secret that wg-run handed over and prints how many bytes it
// has: an example to copy from. fdpass.Read closes the descriptor and unsets both
// variables, so that programs started afterwards find nothing. Where it stops:
// what becomes of the value afterwards is yours.
//
//	wg-run --profile NAME -- worker
package main

import (
	"fmt"
	"os"

	"github.com/graphwork/wg-run/fdpass"
)

func main() {
	key, err := fdpass.Read(fdpass.MainName) // early, before anything else opens files
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
	defer clear(key)
	fmt.Println(len(key), "bytes")
}
