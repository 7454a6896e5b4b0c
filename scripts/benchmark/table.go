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

func table(list []*row, rounds int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d processors, Linux %s, %s; medians of %d interleaved rounds\n\n",
		processor(), runtime.NumCPU(), firstLine("/proc/sys/kernel/osrelease"), runtime.Version(), rounds)
	b.WriteString("| one secret, worker /bin/true | wall ms | × floor | × floor, paired | × bare | × bare, paired | peak RSS MiB | budget |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n")
	floor, bare, plain := find(list, floorRow), find(list, bareRow), find(list, plaintextRow)
	for _, r := range list {
		if r.missing != "" {
			fmt.Fprintf(&b, "| %s | not measured: %s | | | | | | |\n", r.name, strings.ReplaceAll(r.missing, "|", "/"))
			continue
		}
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.1f | %s |\n", r.name, ms(median(r.walls)),
			ratio(r, floor), paired(r, floor), ratio(r, bare), paired(r, bare), float64(r.rss)/1024, budget(r, floor, plain))
	}
	return b.String()
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

func ratio(r, to *row) float64 { return float64(median(r.walls)) / float64(median(to.walls)) }

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
