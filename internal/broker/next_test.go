//go:build unix

package broker

import (
	"net"
	"os"
	"testing"
)

// connected are two ends of a connection; the first is a broker's.
func connected(t *testing.T) (broker *net.UnixConn, other *os.File) {
	t.Helper()
	ours, theirs, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ours.Close(); _ = theirs.Close() })
	return ours.(*net.UnixConn), theirs
}

// Who prepares a switch may say what to do, and take it back, before a broker that was
// stopped reads the first of it.
func TestWordsInOnePiece(t *testing.T) {
	c, other := connected(t)
	words := []string{verbUse, verbCommit, verbUndo}
	for _, verb := range words {
		if _, err := other.Write(newMessage().add(frameVerb, verb).end()); err != nil {
			t.Fatal(err)
		}
	}
	_ = other.Close()
	in := &ahead{r: c, piece: 512}
	for _, want := range append(words, "") {
		if got := next(c, in); got != want {
			t.Errorf("next() = %q, want %q", got, want)
		}
	}
}
