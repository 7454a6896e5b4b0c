package inject

import "testing"

// Our memory is closed before a backend is asked, and stays so.
func TestHarden(t *testing.T) {
	out, err := command(t, self(t), "dumpable", "").Output()
	const want = "before 1 <nil>\nasked 0 <nil>\nafter 0 <nil>\n"
	if err != nil || string(out) != want {
		t.Errorf("PR_GET_DUMPABLE around Prepare:\n%s%v\nwant\n%s", out, err, want)
	}
}

// With a table of its own, a thread can take numbers that the others go on
// using.
func TestOwnTable(t *testing.T) {
	out, err := command(t, self(t), "table", "").Output()
	const want = "this thread true, others false\n"
	if err != nil || string(out) != want {
		t.Errorf("who sees a descriptor made after ownTable: %s%v, want %s", out, err, want)
	}
}
