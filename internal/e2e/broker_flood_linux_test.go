package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// maxBroker is what a broker may need, in KiB.
const maxBroker = 16 << 10

// floods are what clients send that mean no good: nothing, half a request, garbage, and a
// frame of a GiB. 200 say nothing.
var floods = map[string]struct {
	clients int
	says    string
}{
	"nothing": {200, ""},
	"half":    {20, "B\x00\x00\x00\x011q\x00\x00\x00\x03ru"},
	"garbage": {20, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
	"1 GiB":   {20, "B\x40\x00\x00\x00" + strings.Repeat("x", 4096)},
}

// flood is a program below the dispatcher that connects, says that, and reads until all
// connections are closed.
const flood = `
import socket, sys
all = []
for i in range(int(sys.argv[2])):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(sys.argv[1])
    try:
        s.sendall(bytes.fromhex(sys.argv[3]))
    except OSError:
        pass
    all.append(s)
print("connected", flush=True)
closed = 0
for s in all:
    try:
        while s.recv(4096): pass
        closed += 1
    except ConnectionError:
        closed += 1
    except OSError:
        pass
print("closed", closed)
`

// small wants the broker to be within its bounds.
func (d *dispatcher) small(doing string) {
	d.p.t.Helper()
	most, now := kib(d.p.t, d.broker, "VmHWM"), kib(d.p.t, d.broker, "VmRSS")
	d.p.t.Logf("%s: the broker has %d KiB, and had at most %d", doing, now, most)
	if most > maxBroker {
		d.p.t.Errorf("%s: the broker had %d KiB, want at most %d", doing, most, maxBroker)
	}
}

// Clients that mean no good, below the dispatcher and beside it, cost no worker its
// secret and the broker no memory, and are hung up on.
func TestBrokerFlooded(t *testing.T) {
	t.Parallel()
	d := brokered(t, someHome).dispatch()
	script := t.TempDir() + "/flood.py"
	if err := os.WriteFile(script, []byte(flood), 0o600); err != nil {
		t.Fatal(err)
	}
	total := 0
	begin := "rm -f '" + script + ".out'"
	var beside []net.Conn
	for doing, f := range floods {
		total += f.clients
		begin += fmt.Sprintf("; python3 '%s' '%s' %d '%x' >>'%[1]s.out' &", script, d.socket, f.clients, f.says)
		begin = strings.ReplaceAll(begin, "&;", "&")
		for range f.clients {
			c, err := net.Dial("unix", d.socket)
			if err != nil {
				t.Fatalf("%s: connecting beside the dispatcher: %v", doing, err)
			}
			_, _ = io.WriteString(c, f.says) // who is refused may be hung up on by now
			beside = append(beside, c)
		}
	}
	began := time.Now()
	if got := d.do(begin); got.code != 0 {
		t.Fatalf("starting the clients = %d, %q", got.code, got.stderr)
	}
	if got := d.do(fmt.Sprintf(`while [ "$(grep -c connected '%s.out')" != %d ]; do sleep 0.02; done`, script, len(floods))); got.code != 0 {
		t.Fatalf("waiting for the clients = %d, %q", got.code, got.stderr)
	}
	for range 20 {
		d.gets("in the flood", "", key+"-a")
	}
	d.gets("in the flood, another", "--profile b", key+"-b")
	t.Logf("workers started until %v after it began", time.Since(began))
	d.small("in the flood")
	for _, c := range beside {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, c); os.IsTimeout(err) {
			t.Error("a connection beside the dispatcher is open, want it closed")
		}
		_ = c.Close()
	}
	got := d.do(`wait; awk '/closed/ { n += $2 } END { print n }' '` + script + `.out'`)
	if strings.TrimSpace(got.stdout) != fmt.Sprint(total) {
		t.Errorf("%q of %d connections below the dispatcher were closed, want all; stderr %q", got.stdout, total, got.stderr)
	}
	d.gets("after the flood", "", key+"-a")
	d.small("after the flood")
	if s := d.status(); s.Lookups != 2 {
		t.Errorf("%d lookups were made, want 2", s.Lookups)
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", d.broker))
	if err == nil && len(open) > 20 {
		t.Errorf("the broker has %d descriptors after that, want a few", len(open))
	}
	d.signal(syscall.Signal(0))
}

// A thousand secrets, and one of the largest, fit into the broker's bounds; the largest
// comes over whole, with any bytes.
func TestBrokerHoldsMany(t *testing.T) {
	t.Parallel()
	files := map[string]string{"config.toml": allowed, "active-profile": "p0\n"}
	var lines strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&lines, "s%d = \"%s-%d\"\n", i, key, i)
		files[fmt.Sprintf("profiles/p%d.toml", i/50)] += fmt.Sprintf("[secrets.s%d]\nref = \"plaintext:s%[1]d\"\n", i)
	}
	for i := range 20 {
		files[fmt.Sprintf("profiles/p%d.toml", i)] = fmt.Sprintf("api_key_ref = \"plaintext:s%d\"\n", i*50) + files[fmt.Sprintf("profiles/p%d.toml", i)]
	}
	files["secrets.toml"] = entries(lines.String())
	p := brokered(t, files)
	var flags []string
	for i := range 20 {
		flags = append(flags, "--profile", fmt.Sprint("p", i))
	}
	d := p.dispatch(flags...)
	if s := d.status(); s.Entries != 1000 || !s.Locked {
		t.Errorf("the broker holds %d secrets, locked: %v; want 1000, locked", s.Entries, s.Locked)
	}
	d.gets("one of a thousand", "--profile p19", key+"-950")
	d.small("with 1000 secrets")
}

// A broker that is short of descriptors is busy, and nobody is refused for that: every worker
// has its secret, from it or without it.
func TestBrokerShortOfDescriptors(t *testing.T) {
	t.Parallel()
	files := managerHome()
	files["config.toml"] = allowed + "\n[managers.mgr]\nget = [\"sh\", \"-c\", \"sleep 1; echo " + fromStore + "\", \"{path}\"]\n"
	p := brokered(t, files)
	got := p.exec("", "sh", "-c", `ulimit -n 100; exec "$0" broker --profile a -- sh -c '
		for i in $(seq 80); do "$0" --profile m -- sh -c "printf %s\\\\n \"\$(cat <&3)\"" & done; wait' "$0"`, p.bin)
	if n := strings.Count(got.stdout, fromStore+"\n"); n != 80 || strings.Contains(got.stderr, "refuses") {
		t.Errorf("%d of 80 workers have their secret below a broker with 100 descriptors; stderr %.300q", n, got.stderr)
	}
}
