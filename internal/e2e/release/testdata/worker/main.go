// Command worker prints its secret, which is in none of its arguments and variables.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/graphwork/wg-run/fdpass"
)

func main() {
	key, err := fdpass.Read("api_key")
	if err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
	if strings.Contains(strings.Join(append(os.Environ(), os.Args...), "\n"), string(key)) {
		fmt.Fprintln(os.Stderr, "worker: the secret is in an argument or a variable")
		os.Exit(1)
	}
	fmt.Printf("%s for %s", key, os.Getenv("WG_MODEL"))
}
