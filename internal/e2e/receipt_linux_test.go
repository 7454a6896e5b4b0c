package e2e

import (
	"os"
	"strings"
	"testing"
)

// As a parent wg-run knows what the worker has not read, and says so once.
func TestReceipt(t *testing.T) {
	const (
		ended = "the worker has ended and did not read the secret 'api_key'"
		lost  = "the secret 'api_key' was not read, and all who had its descriptor have closed it"
		keyed = "WG_API_KEY_FD"
	)
	type want struct {
		code         int
		stdout       string
		says, advice string
	}
	for _, via := range []string{"pipe", "socket", "memfd"} {
		t.Run(via, func(t *testing.T) {
			t.Parallel()
			for script, want := range map[string]want{
				`$S sh -c 'cat <&3'`:            {0, parentedKey, "", ""},
				`$S sh -c 'head -c 1 <&3'`:      {0, parentedKey[:1], "", ""},
				`$S true`:                       {0, "", ended, keyed},
				`$S sh -c 'exit 3'`:             {3, "", ended, keyed},
				`$S sh -c 'kill -KILL $$'`:      {137, "", ended, keyed},
				`$S sh -c 'exec 3<&-; sleep 1'`: {0, "", lost, keyed},
				`$S sh -c 'exec 4</dev/fd/3 4<&-; sleep 0.5; cat <&3'`: {0, parentedKey, "", ""},
				`$S sh -c '(sleep 0.5; cat <&3) & exec 3<&-; wait'`:    {0, parentedKey, "", ""}, // its child has it still
				`$S sh -c '(sleep 0.3) & exec 3<&-; wait; sleep 1'`:    {0, "", lost, keyed},
				`$S --require-read -- true`:                            {125, "", ended, keyed},
				`$S --require-read -- false`:                           {1, "", ended, keyed},
				`$S --require-read -- sh -c 'cat <&3'`:                 {0, parentedKey, "", ""},
				`$S --require-read -- sh -c 'cat <&3 & wait'`:          {0, parentedKey, "", ""},
				`$S --require-read -- sh -c 'exec 3<&-; sleep 1'`:      {125, "", lost, keyed},
				// A launcher that keeps it to itself.
				`$S --require-read -- $HOME/python3 -c 'import subprocess; subprocess.run(["sh", "-c", "cat <&3"], stderr=subprocess.DEVNULL)'`: {125, "", ended, "pass_fds"},
			} {
				if via == "socket" && (strings.Contains(script, "head") || strings.Contains(script, "/dev/fd")) {
					continue // the kernel tells no part there (fdpass, holdSocket), and it has no path
				}
				if via == "memfd" && want.says == lost {
					want.says = ended // who has one open is not known
				}
				p := newParented(t)
				p.put(map[string]string{"../python3": "#!/bin/sh\nexec python3 \"$@\"\n"})
				if err := os.Chmod(p.wg+"/../python3", 0o700); err != nil {
					t.Fatal(err)
				}
				run := p.bin + " --ref plaintext:k --via " + via
				script = strings.Replace(script, "$S --", run+" --", 1)
				got := p.place.exec("", "sh", "-c", strings.Replace(script, "$S", run+" --timeout 1h --", 1))
				if got.code != want.code || got.stdout != want.stdout {
					t.Errorf("%s = %d, %q, %q; want %d, %q", script, got.code, got.stdout, got.stderr, want.code, want.stdout)
				}
				said := strings.SplitN(got.stderr, "\n", 2)
				if want.says == "" && got.stderr != "" || want.says != "" && (said[0] != "wg-run: "+want.says || strings.Count(got.stderr, "\n") != 2 || !strings.Contains(got.stderr, want.advice)) {
					t.Errorf("%s says %q, want %q and a hint with %q", script, got.stderr, want.says, want.advice)
				}
			}
		})
	}
}

// A value that a pipe does not hold is fed; whoever does not want it is not waited for.
func TestFed(t *testing.T) {
	p := newParented(t)
	big := strings.Repeat("x", 1<<20)
	p.put(map[string]string{"big": big})
	p.env = append(p.env, "S="+p.bin+" --ref file:"+p.wg+"/big --via socket", "I="+p.bin+" --ref file:"+p.wg+"/big --via stdin")
	for script, want := range map[string]string{
		`$S -- sh -c 'cat <&3 | wc -c'`: "1048576\n", `$I --timeout 1h -- head -c 5`: "xxxxx",
		`$S --require-read -- sh -c 'cat <&3 | wc -c'`: "1048576\n",
		`$I -- wc -c`: "1048576\n",
		`$S -- sh -c 'exec 3<&-; echo without' 2>&1 | head -n 1`: "without\n",
	} {
		if got := p.place.exec("", "sh", "-c", script); got.code != 0 || got.stdout != want || got.stderr != "" {
			t.Errorf("%s = %d, %q, %q; want 0, %q and silence", script, got.code, got.stdout, got.stderr, want)
		}
	}
}

// --once leaves nothing to later readers.
func TestOnce(t *testing.T) {
	p := newParented(t)
	p.env = append(p.env, "S="+p.bin+" --ref plaintext:k --once --via")
	const gone = `; until [ "$(wc -c </dev/fd/3)" = 0 ]; do sleep 0.01; done; cat /dev/fd/3`
	for script, want := range map[string]result{
		`$S memfd -- sh -c 'dd bs=1 2>/dev/null <&3` + gone + `'`:          {0, parentedKey, ""},
		`$S memfd -- sh -c 'cat /dev/fd/3` + gone + `'`:                    {0, parentedKey, ""},
		`$S memfd -- sh -c 'exec 4</dev/fd/3 4<&-; cat <&3` + gone + `'`:   {0, parentedKey, ""},
		`$S dir -- sh -c 'cat $CREDENTIALS_DIRECTORY/api_key` + gone + `'`: {0, parentedKey, ""},
		`$S pipe -- true`: {125, "", "wg-run: reading --once: no secret goes through a memory file, which is what it wipes\nwg-run: hint: --via memfd --once, or without: a pipe is read once anyway\n"},
		p.bin + ` --ref plaintext:k --require-read --via env:X -- true`: {125, "", "wg-run: reading --require-read: nobody can know who reads a variable\nwg-run: hint: --via pipe\n"},
		p.bin + ` --ref plaintext:k --timeout 0s -- true`:               {125, "", "wg-run: reading --timeout: it has to be longer than 0\nwg-run: hint: a number and its unit, as 30s, 30m or 8h; without the flag there is no limit\n"},
		p.bin + ` --ref plaintext:k --timeout=-1s -- true`:              {125, "", "wg-run: reading --timeout: it has to be longer than 0\nwg-run: hint: a number and its unit, as 30s, 30m or 8h; without the flag there is no limit\n"},
	} {
		if got := p.place.exec("", "sh", "-c", script); got != want {
			t.Errorf("%s = %v, want %v", script, got, want)
		}
	}
}
