//go:build !race

package resolve

const slow = false
