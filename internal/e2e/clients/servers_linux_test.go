package clients

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/graphwork/wg-run/internal/testrig"
)

const nobody = 65534

// apart is for a server: it dies with us, and is in a process group of its own, which smbd
// ends when it ends.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// lesser is the user that some servers insist on being: nobody where we are root.
func lesser() *syscall.SysProcAttr {
	attr := apart()
	if os.Geteuid() == 0 {
		attr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return attr
}

// lesserDir makes a folder for that user, where that user can get to.
func (c *client) lesserDir() string {
	c.Helper()
	dir, err := os.MkdirTemp("/tmp", "wg-run-server")
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			c.Fatal(err)
		}
	}
	return dir
}

// prepare runs a server's program that ends by itself.
func (c *client) prepare(attr *syscall.SysProcAttr, stdin, name string, args ...string) {
	c.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.SysProcAttr, cmd.Stdin = "/", attr, strings.NewReader(stdin)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=/nonexistent"}
	if out, err := cmd.CombinedOutput(); err != nil {
		c.Fatalf("%s %q = %v, %s", name, args, err, out)
	}
}

// start starts a server, which ends with the test, and waits until it is ready.
func (c *client) start(attr *syscall.SysProcAttr, ready func() bool, name string, args ...string) {
	c.Helper()
	log := filepath.Join(c.dir, "server.log")
	out, err := os.Create(log)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = "/", attr, out, out
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "HOME=/nonexistent"}
	if err := cmd.Start(); err != nil {
		c.Fatalf("starting %s: %v", name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	c.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(watchdog):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	ctx, cancel := context.WithTimeout(c.Context(), watchdog)
	defer cancel()
	for !ready() {
		select {
		case err := <-ended:
			ended <- err
			text, _ := os.ReadFile(log)
			c.Fatalf("%s ended before it was ready: %v\n%s", name, err, text)
		case <-ctx.Done():
			text, _ := os.ReadFile(log)
			c.Fatalf("%s is not ready\n%s", name, text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// freePort is one that nobody listens on. Another may take it before it is used; then the
// server ends, and says why.
func (c *client) freePort() int {
	c.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// listens reports whether somebody answers there.
func listens(network, address string) func() bool {
	return func() bool {
		conn, err := net.Dial(network, address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}
}

// postgresBin is where the newest server's programs are; Debian's are not in PATH.
func postgresBin(c *client) string {
	c.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		testrig.Need(c, "initdb", "postgres")
		path, _ := exec.LookPath("initdb")
		return filepath.Dir(path)
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1])
}

// tryPsql logs in to a PostgreSQL that asks everybody for a password.
func tryPsql(c *client) {
	dir, as := c.lesserDir(), lesser()
	bin := postgresBin(c)
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(right), 0o644); err != nil {
		c.Fatal(err)
	}
	c.prepare(as, "", filepath.Join(bin, "initdb"), "-D", dir+"/data", "-A", "scram-sha-256", "-U", "me", "--pwfile="+password, "--no-sync", "-E", "UTF8", "--no-instructions")
	port := strconv.Itoa(c.freePort())
	ready := func() bool { // a socket is there before it answers
		return exec.Command(filepath.Join(bin, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", port).Run() == nil
	}
	c.start(as, ready, filepath.Join(bin, "postgres"), "-D", dir+"/data", "-k", dir, "-h", "127.0.0.1", "-p", port,
		"-c", "fsync=off", "-c", "shared_buffers=1MB", "-c", "max_connections=10", "-c", "autovacuum=off")
	c.env = append(c.env, "PGPASSWORD=another") // which --for takes out
	line := []string{"psql", "-h", "127.0.0.1", "-p", port, "-U", "me", "-w", "-A", "-t", "-c", "select 'logged ' || 'in'", "postgres"}
	c.opensVia([]string{""}, right, wrong, "logged in", line...)
	c.failsInPipe(right, line...)
	if got := c.deliver(right, nil, "sh", "-c", `psql "$@" && psql "$@"`, "sh", "-h", "127.0.0.1", "-p", port, "-U", "me", "-w", "-c", "select 1", "postgres"); got.code != 0 {
		c.Errorf("--for psql -- a script with two of them = %d, %q; want 0", got.code, got.out)
	}
}

// tryMysql logs in to a MariaDB.
func tryMysql(c *client) {
	dir, as := c.lesserDir(), lesser()
	c.prepare(as, "", "mariadb-install-db", "--no-defaults", "--datadir="+dir+"/data", "--auth-root-authentication-method=normal", "--skip-test-db")
	sql := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(right)
	initial := filepath.Join(dir, "init.sql")
	if err := os.WriteFile(initial, []byte("create user me@'%' identified by '"+sql+"';\ncreate user me@localhost identified by '"+sql+"';\n"), 0o644); err != nil {
		c.Fatal(err)
	}
	port, socket := strconv.Itoa(c.freePort()), dir+"/s"
	c.start(as, listens("tcp", "127.0.0.1:"+port), "mariadbd", "--no-defaults", "--datadir="+dir+"/data", "--socket="+socket, "--bind-address=127.0.0.1", "--port="+port,
		"--init-file="+initial, "--pid-file="+dir+"/pid", "--innodb-buffer-pool-size=8M", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve", "--character-set-server=utf8mb4")
	c.env = append(c.env, "MYSQL_PWD=another") // which the file outweighs
	c.opens(right, wrong, "logged in", "mariadb", "--default-character-set=utf8mb4", "-h", "127.0.0.1", "-P", port, "-u", "me", "-N", "-e", "select concat('logged ', 'in')")
}

// trySmbclient lists a share of a Samba.
func trySmbclient(c *client) {
	if os.Geteuid() != 0 {
		c.Skip("only root can start a Samba for its users")
	}
	c.file("share", "")
	conf := fmt.Sprintf("[global]\nworkgroup = TEST\nsecurity = user\nlog level = 0\npassdb backend = tdbsam:%[1]s/passdb.tdb\nprivate dir = %[1]s\nlock directory = %[1]s\n"+
		"state directory = %[1]s\ncache directory = %[1]s\npid directory = %[1]s\nncalrpc dir = %[1]s/rpc\nload printers = no\ndisable spoolss = yes\n"+
		"interfaces = 127.0.0.1\nbind interfaces only = yes\nserver min protocol = SMB2\n[here]\npath = %[1]s\nread only = yes\n", c.dir)
	path := c.file("smb.conf", conf)
	c.prepare(nil, right+"\n"+right+"\n", "pdbedit", "-s", path, "-a", "-t", "-u", "root")
	port := strconv.Itoa(c.freePort())
	c.start(apart(), listens("tcp", "127.0.0.1:"+port), "smbd",
		"--foreground", "--no-process-group", "--debug-stdout", "-s", path, "-p", port)
	c.env = append(c.env, "PASSWD_FILE="+c.file("another", "another")) // which --for takes out
	c.opensVia([]string{"", "memfd", "socket"}, right, wrong, "smb.conf", "smbclient", "-s", path, "-p", port, "-U", "root", "//127.0.0.1/here", "-c", "ls")
}

// trySshpass logs in to an sshd, in a mount namespace where root's password is the right one.
func trySshpass(c *client) {
	if os.Geteuid() != 0 {
		c.Skip("only root can give an sshd another /etc/shadow")
	}
	c.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "host")
	hash := strings.TrimSpace(c.must("openssl", "passwd", "-6", "-salt", "saltsalt", right))
	c.file("shadow", "root:"+hash+":19000:0:99999:7:::\nsshd:*:19000::::::\n")
	c.file("sshd_config", "HostKey "+c.dir+"/host\nPasswordAuthentication yes\nPermitRootLogin yes\nUsePAM no\nPidFile none\nListenAddress 127.0.0.1\nPrintMotd no\n")
	sshd, err := exec.LookPath("sshd") // it wants to be called by its whole path
	if err != nil {
		c.Fatal(err)
	}
	port := strconv.Itoa(c.freePort())
	c.start(apart(), listens("tcp", "127.0.0.1:"+port), "unshare", "--mount", "sh", "-c",
		`mkdir -p /run/sshd && mount --bind "$1/shadow" /etc/shadow && exec "$2" -D -e -f "$1/sshd_config" -p "$3"`, "sh", c.dir, sshd, port)
	c.opensVia([]string{"", "memfd", "socket"}, right, wrong, "logged in", "sshpass", "ssh", "-F", "none", "-p", port, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile="+c.dir+"/known",
		"-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1", "root@127.0.0.1", "echo logged in")
}
