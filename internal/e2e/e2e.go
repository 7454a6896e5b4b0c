// Package e2e holds the tests that run wg-run as a whole and need more than a
// command line: a terminal, a tracer. It has no code of its own.
package e2e
