package broker

import (
	"bytes"
	"os"
	"testing"
)

// A file of /proc that is longer than a page is read to its end.
func TestReadProcToItsEnd(t *testing.T) {
	got, err := readProc(os.Getpid(), "smaps")
	if err != nil || len(got) < 3*4096 || !bytes.HasSuffix(got, []byte("\n")) {
		t.Errorf("readProc(smaps) = %d bytes, %v; want several pages that end with a line", len(got), err)
	}
}
