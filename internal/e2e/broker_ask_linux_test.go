package e2e

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// asking are the ways to ask a broker for the secret of profile b.
var asking = map[string]func() (string, error){
	"scanned": func() (string, error) { return say(true, request("run", "b")) },
	"listed":  func() (string, error) { return say(false, request("run", "b")) },
	"status":  func() (string, error) { return say(false, request("status", "")) },
	"forget":  func() (string, error) { return say(false, request("forget", "")) },
	"reload":  func() (string, error) { return say(false, request("reload", "")) },
	"use": func() (string, error) {
		return say(false, request("use", "b"), request("commit", ""), request("undo", ""))
	},
	"again":    func() (string, error) { return say(false, request("run", "b"), request("run", "a")) },
	"slow":     slowly,
	"two":      twoAtOnce,
	"early":    early,
	"by-hand":  func() (string, error) { return wgRun(nil) },
	"setsid":   func() (string, error) { return wgRun(&syscall.SysProcAttr{Setsid: true}) },
	"join":     func() (string, error) { return join(3) },
	"cparent":  sibling,
	"door":     func() (string, error) { return say2(door()) },
	"orphan":   func() (string, error) { return orphan("by-hand") },
	"orphan-2": func() (string, error) { return orphan("listed") },
}

// ask WAY prints what came of it.
func ask(args []string) error {
	way := args[0]
	if rest, ok := strings.CutPrefix(way, "leave-"); ok { // the first of a double fork
		return left(rest)
	}
	if rest, ok := strings.CutPrefix(way, "left-"); ok {
		for until := time.Now().Add(5 * time.Second); fmt.Sprint(os.Getppid()) == args[1] && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
		way = rest
	}
	got, err := asking[way]()
	if err != nil {
		got = "error:" + strings.ReplaceAll(err.Error(), " ", "_")
	}
	fmt.Println(way, got)
	return nil
}

// door is a connection to the second socket of the broker whose process is $B.
func door() (net.Conn, error) {
	list, err := os.ReadFile("/proc/net/unix")
	for line := range strings.Lines(string(list)) {
		if _, name, ok := strings.Cut(strings.TrimSpace(line), " @wg-run/"+os.Getenv("B")+"-"); ok {
			c, err := net.Dial("unix", "@wg-run/"+os.Getenv("B")+"-"+name)
			if err == nil {
				err = c.SetDeadline(time.Now().Add(10 * time.Second))
			}
			return c, err
		}
	}
	return nil, cmp.Or(err, errors.New("no door is found"))
}

func say2(c net.Conn, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	_, _ = c.Write(request("run", "b"))
	return answer(c), nil
}

// sibling has a process ask that this one made its parent's child (CLONE_PARENT, clone(2)).
func sibling() (string, error) {
	cmd := exec.Command(os.Args[0], "listed")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_PARENT}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", err
	}
	got, err := io.ReadAll(out) // it is not for us to wait for
	return strings.TrimPrefix(strings.TrimSpace(string(got)), "listed "), err
}

// say sends those on one connection, each when the one before is answered.
func say(scan bool, requests ...[]byte) (string, error) {
	c, err := connect(scan)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	var all []string
	for _, r := range requests {
		_, _ = c.Write(r)
		all = append(all, answer(c))
	}
	return strings.Join(all, "+"), nil
}

func slowly() (string, error) {
	c, err := connect(false)
	if err != nil {
		return "", err
	}
	for _, b := range request("run", "b") {
		_, _ = c.Write([]byte{b})
		time.Sleep(time.Millisecond)
	}
	return answer(c), nil
}

func twoAtOnce() (string, error) {
	var c [2]net.Conn
	for i := range c {
		var err error
		if c[i], err = connect(i == 0); err != nil {
			return "", err
		}
	}
	time.Sleep(50 * time.Millisecond) // both are accepted by then
	for i := range c {
		_, _ = c[i].Write(request("run", "b"))
	}
	got := []string{answer(c[0]), answer(c[1])}
	slices.Sort(got)
	return strings.Join(got, "+"), nil
}

// early asks, and has a child ask on a connection that was open before.
func early() (string, error) {
	cmd := exec.Command(os.Args[0], "early-child")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", err
	}
	_, _ = io.ReadFull(out, make([]byte, 1))
	first, err := say(false, request("run", "b"))
	_ = in.Close()
	second, _ := io.ReadAll(out)
	_ = cmd.Wait()
	return first + "+" + strings.TrimPrefix(strings.TrimSpace(string(second)), "early-child "), err
}

func init() {
	asking["early-child"] = func() (string, error) {
		c, err := connect(false)
		if err != nil {
			return "", err
		}
		time.Sleep(20 * time.Millisecond) // it is accepted by then
		fmt.Print(".")
		_, _ = io.ReadAll(os.Stdin)
		_, _ = c.Write(request("run", "b"))
		return answer(c), nil
	}
}
