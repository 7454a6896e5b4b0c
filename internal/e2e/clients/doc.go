// Package clients holds the tests that run the program of each row of clients.toml for
// real. It is apart from the other tests that need much, so that it runs beside them. It
// has no code of its own.
package clients
