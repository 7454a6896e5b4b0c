package clients

import "strings"

// keys makes two key pairs, and returns the private ones.
func (c *client) keys() (good, bad string) {
	c.Helper()
	for _, name := range []string{"right", "wrong"} {
		c.must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name)
	}
	return c.read("right"), c.read("wrong")
}

// trySSHAdd hands a key to an agent, also one that has lost its last newline, and a flag
// may stand before it.
func trySSHAdd(c *client) {
	good, bad := c.keys()
	public := strings.Fields(c.read("right.pub"))[1]
	for _, key := range []string{good, strings.TrimSuffix(good, "\n")} {
		// The agent ends with its command, which says what it holds: another key, or none.
		c.opens(key, bad[:len(bad)/2], public, "ssh-agent", "sh", "-c", `"$@" && ssh-add -L`, "sh", "ssh-add", "-q", "-t", "60")
	}
}

// trySSHKeygen makes the public key of a private one, that has lost its last newline.
func trySSHKeygen(c *client) {
	good, bad := c.keys()
	public := strings.Fields(c.read("right.pub"))[1]
	c.opens(strings.TrimSuffix(good, "\n"), bad[:len(bad)/2], public, "ssh-keygen", "-y")
}
