//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Budgets of the plaintext path and the broker's, the age and the keyring path.
const (
	plaintextBudget = 1.6                    // times the floor
	ageBudget       = 600 * time.Microsecond // more than plaintext
	keyringBudget   = 4 * time.Millisecond
)

// figures are what was measured of single starts.
func figures(list []*row) (out []figure) {
	floor, bare, plain := find(list, floorRow), find(list, bareRow), find(list, plaintextRow)
	for _, r := range list {
		f := figure{Name: r.name, Kind: r.kind, Missing: r.missing}
		if f.Missing == "" {
			f.MS, f.Floor, f.Bare = ms(median(r.walls)), paired(r, floor), paired(r, bare)
			f.MiB, f.Budget = float64(r.rss)/1024, budget(r, floor, plain)
		}
		out = append(out, f)
	}
	return out
}

// budget compares a row with what it may cost.
func budget(r, floor, plain *row) string {
	switch r.name {
	case plaintextRow, brokerRow:
		return verdict(paired(r, floor) <= plaintextBudget) +
			fmt.Sprintf(": %.2f × floor of %.1f", paired(r, floor), plaintextBudget)
	case ageRow:
		above := median(r.walls) - median(plain.walls)
		return verdict(above <= ageBudget) + fmt.Sprintf(": plaintext + %.2f ms of %.1f", ms(above), ms(ageBudget))
	case keyringRow:
		above := median(r.walls) - median(floor.walls)
		return verdict(above <= keyringBudget) + fmt.Sprintf(": floor + %.1f ms of %.0f", ms(above), ms(keyringBudget))
	}
	return ""
}

func verdict(within bool) string {
	if within {
		return "within budget"
	}
	return "over budget"
}

// paired is the median of the ratios within each round.
func paired(r, to *row) float64 {
	ratios := make([]float64, len(r.walls))
	for i := range ratios {
		ratios[i] = float64(r.walls[i]) / float64(to.walls[i])
	}
	return median(ratios)
}

func median[T time.Duration | float64](list []T) T {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

func firstLine(path string) string {
	text, _ := os.ReadFile(path)
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
