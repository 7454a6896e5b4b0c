//go:build unix

package testrig

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

// What gnome-keyring and gcr-prompter say to each other, on gcr's interfaces:
// the daemon has a prompt performed, the prompter returns the answer.
const (
	prompterIface = "org.gnome.keyring.internal.Prompter"
	prompterPath  = "/org/gnome/keyring/Prompter"
	performPrompt = prompterIface + ".PerformPrompt"
	promptReady   = prompterIface + ".Callback.PromptReady"
)

// xServer runs Xvfb for as long as its standard input is open: it ends with the
// test, however that ends, and takes its socket and lock along.
const xServer = `Xvfb -displayfd 3 -screen 0 800x600x24 -nolisten tcp -noreset & exec 3>&-; cat; kill $!; wait`

// Desktop is an X server on which the real gcr-prompter shows the prompts of
// the keyring's daemon, with the person who answers them.
type Desktop struct {
	bus     *Bus
	display string
	server  *exec.Cmd
	life    io.Closer
	monitor *dbus.Conn
	seen    chan *dbus.Message
}

// StartDesktop starts the X server. What the bus activates from then on has it
// for its display.
func (b *Bus) StartDesktop() (_ *Desktop, err error) {
	d := &Desktop{bus: b, server: b.command("sh", "-c", xServer), seen: make(chan *dbus.Message, 1024)}
	ready, number, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = ready.Close() }()
	d.server.ExtraFiles = []*os.File{number}
	if d.life, err = d.server.StdinPipe(); err == nil {
		err = d.server.Start()
	}
	_ = number.Close()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	// The number comes once the server accepts connections.
	line, err := bufio.NewReader(ready).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("starting Xvfb: %w", err)
	}
	d.display = ":" + strings.TrimSpace(line)
	if err := b.conn.BusObject().Call("org.freedesktop.DBus.UpdateActivationEnvironment", 0, map[string]string{
		"DISPLAY": d.display, "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory",
	}).Err; err != nil {
		return nil, err
	}
	return d, d.watch()
}

// watch has the bus copy what the daemon and the prompter say to each other.
func (d *Desktop) watch() (err error) {
	if d.monitor, err = dbus.Connect(d.bus.Address); err != nil {
		return err
	}
	rules := []string{"interface='" + prompterIface + "'", "interface='" + prompterIface + ".Callback'"}
	if err := d.monitor.BusObject().Call("org.freedesktop.DBus.Monitoring.BecomeMonitor", 0, rules, uint32(0)).Err; err != nil {
		return err
	}
	d.monitor.Eavesdrop(d.seen)
	return nil
}

// Close ends the X server, and with it what shows windows there.
func (d *Desktop) Close() {
	if d.monitor != nil {
		d.monitor.Eavesdrop(nil) // the library would send on the channel that Close closes
		_ = d.monitor.Close()
	}
	_ = d.life.Close()
	alarm := time.AfterFunc(Watchdog, func() { _ = syscall.Kill(-d.server.Process.Pid, syscall.SIGKILL) })
	defer alarm.Stop()
	_ = d.server.Wait()
}

// until returns once such a call is seen: after the last one that was waited for.
func (d *Desktop) until(ctx context.Context, call string) error {
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", call, ctx.Err())
		case m, ok := <-d.seen:
			if !ok {
				return fmt.Errorf("waiting for %s: the bus ended", call)
			}
			iface, _ := m.Headers[dbus.FieldInterface].Value().(string)
			member, _ := m.Headers[dbus.FieldMember].Value().(string)
			if m.Type == dbus.TypeMethodCall && iface+"."+member == call {
				return nil
			}
		}
	}
}

// Prompted returns once the daemon has asked, once more than at the last call,
// and the prompter's window is there and takes what is typed.
func (d *Desktop) Prompted(ctx context.Context) error {
	if err := d.until(ctx, performPrompt); err != nil {
		return err
	}
	// It has been handled when a call behind it is answered, in whatever way.
	var none map[string]dbus.Variant
	_ = d.bus.conn.Object(prompterName, prompterPath).CallWithContext(ctx, "org.freedesktop.DBus.Properties.GetAll",
		dbus.FlagNoAutoStart, prompterIface).Store(&none)
	// No window manager gives it the focus.
	return d.xdotool(ctx, "search", "--sync", "--onlyvisible", "--class", "gcr-prompter", "windowfocus", "--sync")
}

// Answer types a password into the prompt, and returns once it was taken.
func (d *Desktop) Answer(ctx context.Context, password string) error {
	if err := d.xdotool(ctx, "type", password); err != nil {
		return err
	}
	return d.press(ctx, "Return")
}

// Dismiss closes the prompt without an answer, and returns once it was taken.
func (d *Desktop) Dismiss(ctx context.Context) error { return d.press(ctx, "Escape") }

func (d *Desktop) press(ctx context.Context, name string) error {
	if err := d.xdotool(ctx, "key", name); err != nil {
		return err
	}
	return d.until(ctx, promptReady)
}

func (d *Desktop) xdotool(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "xdotool", args...)
	cmd.Env = append(d.bus.Env, "DISPLAY="+d.display)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("xdotool %s: %w: %s", args[0], err, out)
	}
	return nil
}
