package clients

import (
	"os"
	"path/filepath"
	"strings"
)

const plain = "what was encrypted\n"

// tryBorg opens a repository.
func tryBorg(c *client) {
	c.env = append(c.env, "BORG_BASE_DIR="+c.dir, "BORG_PASSPHRASE="+right) // which --for takes out
	c.must("borg", "init", "--encryption=repokey-blake2", "repo")
	c.must("borg", "create", "repo::one", c.file("plain", plain))
	c.opensVia([]string{"", "memfd", "socket"}, right, wrong, "plain", "borg", "list", "repo::one")
}

// tryGPG decrypts, also behind another program.
func tryGPG(c *client) {
	c.env = append(c.env, "GNUPGHOME="+c.dir)
	defer c.exec("gpgconf", "--kill", "all")
	c.must("gpg", "--batch", "--pinentry-mode", "loopback", "--passphrase-file", c.file("passphrase", right), "--s2k-count", "65536",
		"-o", "out.gpg", "-c", c.file("plain", plain))
	c.opensVia([]string{"", "memfd", "socket"}, right, wrong, plain, "gpg", "-q", "-d", "out.gpg")
	c.opensVia([]string{""}, right, wrong, plain, "timeout", "20", "gpg", "-q", "-d", "out.gpg")
}

// tryOpenSSL decrypts a file, and opens a key.
func tryOpenSSL(c *client) {
	from := "file:" + c.file("passphrase", right)
	c.must("openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-iter", "1000", "-pass", from, "-in", c.file("plain", plain), "-out", "out.enc")
	c.must("openssl", "genpkey", "-algorithm", "ed25519", "-aes256", "-pass", from, "-out", "key.pem")
	for _, line := range [][]string{
		{"openssl", "enc", "-d", "-aes-256-cbc", "-pbkdf2", "-iter", "1000", "-in", "out.enc"},
		{"openssl", "pkey", "-in", "key.pem", "-noout", "-text"},
		{"openssl", "pkeyutl", "-sign", "-rawin", "-in", "plain", "-inkey", "key.pem", "-out", "signature"},
	} {
		want := map[string]string{"enc": plain, "pkey": "ED25519 Private-Key"}[line[1]]
		c.opensVia([]string{"", "memfd", "socket"}, right, wrong, want, line...)
	}
}

// tryRestic opens a repository.
func tryRestic(c *client) {
	c.env = append(c.env, "RESTIC_CACHE_DIR="+c.dir)
	c.must("restic", "-q", "-r", "repo", "init", "--password-file", c.file("passphrase", right))
	c.env = append(c.env, "RESTIC_PASSWORD_COMMAND=echo another") // which --for takes out
	c.opens(right, wrong, `"encrypt"`, "restic", "-q", "-r", "repo", "cat", "masterkey")
}

// tryAnsibleVault opens a vault, and a playbook that is in one.
func tryAnsibleVault(c *client) {
	c.env = append(c.env, "ANSIBLE_LOCAL_TEMP="+c.dir, "ANSIBLE_HOME="+c.dir, "ANSIBLE_LOCALHOST_WARNING=False")
	c.file("vault", plain)
	c.must("ansible-vault", "encrypt", "--vault-password-file", c.file("passphrase", right), "vault")
	c.opens(right, wrong, plain, "ansible-vault", "view", "vault")
	c.file("site.yml", "- hosts: localhost\n  tasks: []\n")
	c.must("ansible-vault", "encrypt", "--vault-password-file", "passphrase", "site.yml")
	c.opensVia([]string{""}, right, wrong, "playbook: site.yml", "ansible-playbook", "-i", "localhost,", "--syntax-check", "site.yml")
}

// tryAge decrypts with an identity.
func tryAge(c *client) {
	c.must("age-keygen", "-o", "right.txt")
	c.must("age-keygen", "-o", "wrong.txt")
	c.must("age", "-e", "-i", "right.txt", "-o", "out.age", c.file("plain", plain))
	c.opens(c.read("right.txt"), c.read("wrong.txt"), plain, "age", "out.age")
}

func (c *client) read(name string) string {
	c.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	if err != nil {
		c.Fatal(err)
	}
	return string(text)
}

// tryQPDF opens a document.
func tryQPDF(c *client) {
	c.must("qpdf", "--empty", "--encrypt", right, "owner", "256", "--", "out.pdf")
	c.opens(right, wrong, "AESv3", "qpdf", "--check", "out.pdf")
}

// tryCryptsetup opens a volume, as far as that needs no device; a newline would count.
func tryCryptsetup(c *client) {
	c.file("volume", "")
	c.must("truncate", "-s", "20M", "volume")
	c.must("cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000",
		"volume", c.file("key", right))
	c.opens(right+"\n", wrong+"\n", "", "cryptsetup", "open", "--test-passphrase", "volume")
}

// tryQemuImg converts an encrypted image; a newline would count.
func tryQemuImg(c *client) {
	c.must("qemu-img", "create", "-q", "-f", "luks", "--object", "secret,id=s,file="+c.file("key", right), "-o", "key-secret=s,iter-time=10", "image", "1M")
	c.opens(right+"\n", wrong+"\n", "", "qemu-img", "convert", "--image-opts", "driver=luks,key-secret=s,file.filename=image", "-O", "raw", "out")
}

// try7z tests an archive, and makes one.
func try7z(c *client) {
	c.must("7z", "a", "-p"+right, "-mhe=on", "in.7z", c.file("plain", plain))
	c.opensVia([]string{""}, right, wrong, "Everything is Ok", "7z", "t", "in.7z")
	if got := c.deliver(right, nil, "7z", "a", "out.7z", "plain"); got.code != 0 {
		c.Errorf("--for 7z -- 7z a = %d, %q; want 0", got.code, got.out)
	}
	c.must("7z", "t", "-p"+right, "out.7z")
	if got := c.exec("7z", "t", "-p"+wrong, "out.7z"); got.code == 0 {
		c.Errorf("7z t, with another password than --for 7z gave = 0, %q; want a failure", got.out)
	}
}

// tryKeePassXC shows an entry.
func tryKeePassXC(c *client) {
	c.file("new", right+"\n"+right+"\n")
	c.file("old", right+"\n")
	c.must("sh", "-c", "keepassxc-cli db-create -q -p -t 100 db.kdbx <new && keepassxc-cli add -q -u somebody db.kdbx entry <old")
	c.opensVia([]string{""}, right, wrong, "somebody", "keepassxc-cli", "show", "-q", "-a", "UserName", "db.kdbx", "entry")
}

// tryMkpasswd hashes as openssl does.
func tryMkpasswd(c *client) {
	hash := strings.TrimSpace(c.must("openssl", "passwd", "-6", "-salt", "saltsalt", right))
	c.opensHash(hash, "mkpasswd", "-m", "sha-512", "-S", "saltsalt")
}

// opensHash is opens for a program that answers every secret: another one gives another hash.
func (c *client) opensHash(hash string, argv ...string) {
	c.Helper()
	for _, via := range []string{"pipe", "memfd", "socket"} {
		if got := c.deliver(right, []string{"--via", via}, argv...); got.code != 0 || strings.TrimSpace(got.out) != hash {
			c.Errorf("--for %s --via %s -- %q = %d, %q; want %q", c.name, via, argv, got.code, got.out, hash)
		}
		if got := c.deliver(wrong, []string{"--via", via}, argv...); got.code != 0 || strings.TrimSpace(got.out) == hash {
			c.Errorf("--for %s --via %s -- %q with a wrong secret = %d, %q; want another hash", c.name, via, argv, got.code, got.out)
		} else {
			c.failed++
		}
	}
}

// tryChpasswd sets a password in a tree of its own; a line without a user's name is refused.
func tryChpasswd(c *client) {
	if os.Geteuid() != 0 {
		c.Skip("only root can change a root folder")
	}
	etc := filepath.Join("root", "etc")
	if err := os.MkdirAll(filepath.Join(c.dir, etc), 0o755); err != nil {
		c.Fatal(err)
	}
	c.file(etc+"/login.defs", "")
	c.file(etc+"/passwd", "somebody:x:1000:1000::/:/bin/sh\n")
	c.file(etc+"/shadow", "somebody:*:19000:0:99999:7:::\n")
	line := []string{"chpasswd", "-c", "SHA512", "-s", "1000", "-R", filepath.Join(c.dir, "root")}
	c.opensVia([]string{""}, "somebody:"+right, "nobody-here:"+right, "", line...)
	fields := strings.SplitN(c.read(etc+"/shadow"), ":", 3)
	parts := strings.Split(fields[1], "$") // "", "6", "rounds=1000", salt, hash
	if len(parts) != 5 {
		c.Fatalf("the password in shadow is %q, want one of SHA512 with rounds", fields[1])
	}
	want := strings.TrimSpace(c.must("mkpasswd", "-m", "sha-512", "-R", "1000", "-S", parts[3], right))
	if fields[1] != want {
		c.Errorf("--for chpasswd: shadow has %q, want %q", fields[1], want)
	}
}

// tryBwrap finds it in the sandbox.
func tryBwrap(c *client) {
	c.opens(right, wrong, "found", "bwrap", "--ro-bind", "/", "/", "--tmpfs", "/run", "--",
		"sh", "-c", `cmp /run/secrets/key "$1" && echo found`, "sh", c.file("expected", right))
}
