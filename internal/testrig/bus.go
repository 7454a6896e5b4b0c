//go:build unix

package testrig

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/godbus/dbus/v5"
)

// busConfig is a session bus of our own; %s holds its services, if any.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=%s</listen>%s
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`

// Bus is a private session bus.
type Bus struct {
	// Address is what DBUS_SESSION_BUS_ADDRESS is to hold.
	Address string
	// Env is the environment for what runs on it: no display, folders below dir.
	Env []string

	dir      string
	daemon   *exec.Cmd
	keyring  *exec.Cmd
	prompter *dbus.Conn
	conn     *dbus.Conn
}

// StartBus starts dbus-daemon below dir. With services, programs of the system
// are started on demand (gnome-keyring, its prompter); without, there are none.
func StartBus(dir string, services bool) (*Bus, error) {
	run := filepath.Join(dir, "xdg-run")
	for _, d := range []string{run, filepath.Join(dir, "xdg-data")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
	}
	dirs := ""
	if services {
		dirs = "<standard_session_servicedirs/>"
	}
	socket, config := filepath.Join(run, "bus.socket"), filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, socket, dirs), 0o600); err != nil {
		return nil, err
	}
	b := &Bus{Address: "unix:path=" + socket, dir: dir}
	b.Env = append(withoutDesktop(os.Environ()), "HOME="+dir, "XDG_RUNTIME_DIR="+run,
		"XDG_DATA_HOME="+filepath.Join(dir, "xdg-data"), "DBUS_SESSION_BUS_ADDRESS="+b.Address)
	b.daemon = b.command("dbus-daemon", "--config-file="+config, "--nofork", "--print-address=1")
	out, err := b.daemon.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.daemon.Start(); err != nil {
		return nil, err
	}
	// The line comes once the bus accepts connections.
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return nil, fmt.Errorf("starting dbus-daemon: %w", err)
	}
	if b.conn, err = dbus.Connect(b.Address); err != nil {
		return nil, err
	}
	return b, nil
}

// command makes a command whose output goes to a log, not to a pipe of the
// test's, and that dies with the test.
func (b *Bus) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = b.Env
	if log, err := os.OpenFile(filepath.Join(b.dir, name+".log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err == nil {
		cmd.Stderr = log
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func withoutDesktop(env []string) []string {
	var kept []string
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "DISPLAY", "WAYLAND_DISPLAY", "HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS":
		default:
			kept = append(kept, e)
		}
	}
	return kept
}

// Close ends everything on the bus, and the bus.
func (b *Bus) Close() {
	if b.prompter != nil {
		_ = b.prompter.Close()
	}
	_ = b.conn.Close()
	for _, cmd := range []*exec.Cmd{b.keyring, b.daemon} {
		if cmd != nil && cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			_ = cmd.Wait()
		}
	}
}

// SignalBus sends a signal to the bus itself.
func (b *Bus) SignalBus(s syscall.Signal) error { return b.daemon.Process.Signal(s) }

// waitOwner returns once the name is owned on the bus, or is not.
func (b *Bus) waitOwner(name string, owned bool) error {
	signals := make(chan *dbus.Signal, 16)
	b.conn.Signal(signals)
	defer b.conn.RemoveSignal(signals)
	if err := b.conn.AddMatchSignal(dbus.WithMatchInterface("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name)); err != nil {
		return err
	}
	for {
		var has bool
		if err := b.conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&has); err != nil {
			return err
		}
		if has == owned {
			return nil
		}
		<-signals
	}
}
