//go:build race

package resolve

// slow says that the race detector makes many MiB of TOML take a minute.
const slow = true
