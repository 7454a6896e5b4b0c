//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// brokerBudget is what a start through the broker may cost, times the floor.
const brokerBudget = 1.6

// measureSpawns has a dispatcher for each source, and prints the table.
func measureSpawns(o *options, w *world, list []*source) error {
	blocks, length := blocksOf(o.spawns)
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d starts of each kind below a dispatcher, in interleaved blocks of %d; wall time of all / %[1]d\n\n", blocks*length, length)
	b.WriteString("| secret from | at once | Go floor ms | without broker ms | × floor | broker ms | × floor | × floor, paired | backend calls | budget |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |\n")
	for _, s := range list {
		if s.missing != "" {
			fmt.Fprintf(&b, "| %s | not measured: %s | | | | | | | | |\n", s.name, strings.ReplaceAll(s.missing, "|", "/"))
			continue
		}
		var out bytes.Buffer
		if err := below(o, w, s, "spawns", &out); err != nil {
			return err
		}
		var result spawnResult
		if err := json.Unmarshal(out.Bytes(), &result); err != nil {
			return fmt.Errorf("reading what a dispatcher measured: %w", err)
		}
		for _, at := range result.Spawned {
			b.WriteString(spawnRow(s, at, result.Status))
		}
	}
	return printed(b.String())
}

func spawnRow(s *source, at spawned, status brokerStatus) string {
	floor, without, through := mean(at.Walls["floor"]), mean(at.Walls["without"]), mean(at.Walls["broker"])
	direct := "| | "
	if without > 0 {
		direct = fmt.Sprintf("| %.2f | %.2f ", ms(without), float64(without)/float64(floor))
	}
	if s.locked && without > 0 {
		direct = fmt.Sprintf("| %.0f (%d starts) | %.0f ", ms(without), len(at.Walls["without"]), float64(without)/float64(floor))
	}
	ratio := paired(&row{walls: at.Walls["broker"]}, &row{walls: at.Walls["floor"]})
	return fmt.Sprintf("| %s | %d | %.2f %s| %.2f | %.2f | %.2f | %d for %d starts | %s: %.2f × floor of %.1f |\n",
		s.name, at.AtOnce, ms(floor), direct, ms(through), float64(through)/float64(floor), ratio,
		status.Lookups, status.Hits, verdict(ratio <= brokerBudget), ratio, brokerBudget)
}

func mean(list []time.Duration) (sum time.Duration) {
	for _, d := range list {
		sum += d
	}
	return sum / time.Duration(max(1, len(list)))
}
