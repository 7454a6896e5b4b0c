package resolve

import "encoding/base64"

func init() {
	keyringUnlock = "security unlock-keychain"
	keyringMax = darwinMax
}

// darwinMax follows from go-keyring, which hands security(1) one command line
// of at most 4096 bytes, with the value in base64 behind a prefix of its own.
func darwinMax(name string) int {
	const line = 4096
	fixed := len("add-generic-password -U -s  -a  -w \n") + len(keyringService) + len(name) + len("go-keyring-base64:")
	quotes := 3 * len("''")
	return base64.StdEncoding.DecodedLen(line-fixed-quotes) - 3
}
