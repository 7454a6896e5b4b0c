// Command pack writes a release's archives and sums: the same bytes on every
// machine, because times, owners, modes, order and compression depend on
// nothing but the files and SOURCE_DATE_EPOCH. scripts/release decides what is in them.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil {
		return fmt.Errorf("reading SOURCE_DATE_EPOCH: %w", err)
	}
	at := time.Unix(epoch, 0).UTC()
	switch {
	case len(args) == 3 && args[0] == "tar":
		return create(args[1], func(w io.Writer) error { return writeTar(w, args[2], at) })
	case len(args) == 3 && args[0] == "zip":
		return create(args[1], func(w io.Writer) error { return writeZip(w, args[2], at) })
	case len(args) > 1 && args[0] == "gzip":
		return eachGzip(args[1:])
	case len(args) == 2 && args[0] == "sums":
		return writeSums(args[1])
	}
	return fmt.Errorf("usage: pack tar|zip OUT FOLDER, pack gzip FILE..., pack sums FOLDER")
}

// create makes a file that did not exist; one that could not be written whole is
// removed.
func create(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if err = write(f); err == nil {
		err = f.Close()
	}
	if err != nil {
		_ = f.Close()
		_ = os.Remove(name)
	}
	return err
}
