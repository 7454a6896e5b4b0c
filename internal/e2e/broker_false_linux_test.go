package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pretend AS listens as a broker would: in the place of the true one, or as a process
// ("own" or a number). It writes what it hears to $D/heard, and answers that all is done.
func pretend(args []string) error {
	dir := ""
	switch found, _ := filepath.Glob(os.Getenv("D") + "/wg-run/*/socket"); args[0] {
	case "true":
		dir = filepath.Dir(found[0])
		if err := os.Rename(found[0], os.Getenv("D")+"/moved"); err != nil {
			return err
		}
	default:
		pid := strings.Replace(args[0], "own", fmt.Sprint(os.Getpid()), 1)
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			return err
		}
		dir = fmt.Sprintf("%s/wg-run/%s-%s", os.Getenv("D"), pid, strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')'):]))[20])
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	l, err := net.Listen("unix", dir+"/socket")
	if err != nil {
		return err
	}
	heard, err := os.Create(os.Getenv("D") + "/heard")
	if err != nil {
		return err
	}
	if err := os.WriteFile(os.Getenv("D")+"/ready", nil, 0o600); err != nil {
		return err
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		_ = l.(*net.UnixListener).SetDeadline(end)
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		go func() {
			for b := make([]byte, 4096); err == nil; {
				var n int
				n, err = c.Read(b)
				_, _ = heard.Write(b[:n])
				switch os.Getenv("ANSWER") {
				case "never": // but it goes on
					for _, err = c.Write(frame('B', "1")); err == nil; time.Sleep(50 * time.Millisecond) {
						_, err = c.Write(frame('w', ""))
					}
				case "no":
					_, _ = c.Write(slices.Concat(frame('B', "1"), frame('e', "no"), frame('i', "run what I say"), frame('o', "failed"), frame('.', "")))
				default:
					_, _ = c.Write(slices.Concat(frame('B', "1"), frame('k', "0"), frame('.', "")))
				}
			}
		}()
	}
	return nil
}

// A worker listens in the place of the broker, or as another one. Nobody tells it a
// secret, and nobody believes it.
func TestFalseBroker(t *testing.T) {
	users(t, func(t *testing.T, root bool) {
		for _, c := range []struct{ name, as, flags, run, use string }{
			{"in its place", "true", "", "", ""}, // the other door is used
			{"in its place, not isolated", "true", "--no-isolate", "", ""},
			{"as the dispatcher", "$$", "", "", ""}, // who does not listen is no broker
			{"as itself", "own", "", "", ""},        // open: it is believed to be a broker, and hears names
			{"as itself, not isolated", "own", "--no-isolate", "", ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				p := below(t, root, someHome)
				script := fmt.Sprintf(`export testOnlyRole=pretend; $W %s -- $T %s & until test -e $D/ready; do sleep 0.01; done
					echo; $W -- sh -c 'cat <&3; echo'; echo; : >$D/ran; read wait; kill -9 $!`, c.flags, c.as)
				cmd := exec.Command(p.bin, "broker", "--", "sh", "-c", script)
				cmd.Env = p.env
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
				var out, says strings.Builder
				cmd.Stdout, cmd.Stderr = &out, &says
				in, err := cmd.StdinPipe()
				if err == nil {
					err = cmd.Start()
				}
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = cmd.Process.Kill() }()
				for until := time.Now().Add(10 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
					if _, err := os.Stat(filepath.Dir(p.wg) + "/run/ran"); err == nil {
						break
					}
				}
				use := p.run("", "profile", "use", "b")
				set := p.run(planted, "secret", "set", "a", "--from-stdin")
				status := p.run("", "broker", "status", "--json")
				_ = in.Close()
				_ = cmd.Wait()
				if (use.code == 0) != (c.use == "") || !strings.Contains(use.stderr, c.use) {
					t.Errorf("wg-run profile use = %d, %q; want an error that says %q", use.code, use.stderr, c.use)
				}
				if warned := strings.Contains(set.stderr, "warning"); set.code != 0 || warned != (c.use != "") {
					t.Errorf("wg-run secret set = %d, %q; want it done, and a warning: %v", set.code, set.stderr, c.use != "")
				}
				if n := strings.Count(status.stdout, `"pid":`); n != 1 {
					t.Errorf("wg-run broker status = %q, want the one that is none of a worker's", status.stdout)
				}
				if got := strings.TrimSpace(out.String()); c.run == "" && got != keyA || c.run != "" && (got != "" || !strings.Contains(says.String(), c.run)) {
					t.Errorf("the next run gets %q, stderr %q; want %q", got, says.String(), c.run)
				}
				heard, err := os.ReadFile(filepath.Dir(p.wg) + "/run/heard")
				if text := string(heard); err != nil || strings.Contains(text, planted) || strings.Contains(text, key) {
					t.Errorf("the false broker hears %q, %v; want no secret", text, err)
				}
			})
		}
	})
}

// A false broker that keeps saying that it is busy, or that it fails, keeps nobody waiting and
// no other broker from being told; its advice is nobody's. A switch is not made without it,
// unless a person says so.
func TestFalseBrokerHinders(t *testing.T) {
	for _, how := range []string{"never", "no"} {
		t.Run(how, func(t *testing.T) {
			files := without(someHome, "")
			files["config.toml"] = allowed + "timeout = \"1s\"\n"
			p := below(t, false, files)
			script := `export testOnlyRole=pretend; $W -- $T own & until test -e $D/ready; do sleep 0.01; done
				echo; read wait; $W --profile a -- sh -c 'cat <&3; echo'; read wait; kill -9 $!`
			cmd := exec.Command(p.bin, "broker", "--", "sh", "-c", script)
			cmd.Env = append(p.env, "ANSWER="+how)
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as}
			cmd.Stderr = os.Stderr
			in, err := cmd.StdinPipe()
			var pipe io.Reader
			if err == nil {
				pipe, err = cmd.StdoutPipe()
			}
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill() }()
			out := bufio.NewReader(pipe)
			_, _ = out.ReadString('\n')
			set := p.run(planted, "secret", "set", "a", "--from-stdin")
			if set.code != 0 || strings.Count(set.stderr, "warning: ") != 1 || strings.Contains(set.stderr, "what I say") {
				t.Errorf("wg-run secret set = %d, %q; want it done, a warning, and none of the false broker's advice", set.code, set.stderr)
			}
			if status := p.run("", "broker", "status"); status.code != 1 || strings.Contains(status.stderr, "what I say") {
				t.Errorf("wg-run broker status = %d, %q; want 1, and none of the false broker's advice", status.code, status.stderr)
			}
			use := p.run("", "profile", "use", "b")
			if use.code != 1 || !strings.Contains(use.stderr, "bears the mark of a worker") && how == "no" || !strings.Contains(use.stderr, "hint: if it is none of yours, to leave it as it is: wg-run profile use --except ") {
				t.Errorf("wg-run profile use = %d, %q; want 1, and how to go on", use.code, use.stderr)
			}
			_, except, _ := strings.Cut(use.stderr, "--except ")
			except, _, _ = strings.Cut(except, " ")
			if use = p.run("", "profile", "use", "--except", except, "b"); use.code != 0 {
				t.Errorf("wg-run profile use --except %s = %d, %q; want 0", except, use.code, use.stderr)
			}
			_, _ = io.WriteString(in, "\n")
			if got, err := out.ReadString('\n'); strings.TrimSpace(got) != planted {
				t.Errorf("the next run gets %q, %v, want %q, which was stored", got, err, planted)
			}
			_ = in.Close()
			_ = cmd.Wait()
		})
	}
}
