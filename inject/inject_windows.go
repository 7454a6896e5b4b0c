package inject

import "os"

func searchPath(*environ, []string) string { return "" }

// lookup refuses before any secret is resolved: a Windows child is handed
// handles, not descriptors.
func lookup(string, string) (string, error) { return "", ErrUnsupported }

func allowed(string, []string, string) error { return ErrUnsupported }

func freeNumbers(int) ([]int, error) { return nil, ErrUnsupported }

// Exec is not possible on Windows, which cannot replace a process.
func (p *Plan) Exec() error { return ErrUnsupported }

// Adopts: Windows has no orphans that come back.
func Adopts() bool { return false }

// Self returns ErrUnsupported.
func Self() (*Plan, error) { return nil, ErrUnsupported }

// Stay returns ErrUnsupported.
func (p *Plan) Stay(Stay) (int, error) { return 0, ErrUnsupported }

// Files returns ErrUnsupported.
func (p *Plan) Files() ([]*os.File, error) { return nil, ErrUnsupported }
