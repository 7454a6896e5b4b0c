// Package release holds the tests of scripts/release and scripts/install: they make
// a release twice, install it into an empty root, use it there and remove it. It has
// no code of its own.
package release
