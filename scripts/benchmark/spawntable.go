//go:build linux

package main

import (
	"fmt"
	"time"
)

// brokerBudget is what a start through the broker may cost, times the floor.
const brokerBudget = 1.6

// measureSpawns has a dispatcher for each source.
func measureSpawns(o *options, w *world, list []*source) (out []figure, err error) {
	for _, s := range list {
		if s.missing != "" {
			out = append(out, figure{Name: "starts below a broker, " + s.name, Missing: s.missing})
			continue
		}
		result, err := role[spawnResult](o, w, s, "spawns")
		if err != nil {
			return nil, err
		}
		for _, at := range result.Spawned {
			out = append(out, at.figure(o, s, result.Status))
		}
	}
	return out, nil
}

func (at spawned) figure(o *options, s *source, status brokerStatus) figure {
	blocks, length := blocksOf(o.spawns)
	without, through := at.Walls["without"], at.Walls["broker"]
	how := "one after the other"
	if at.AtOnce > 1 {
		how = fmt.Sprintf("%d at once", at.AtOnce)
	}
	ratio := paired(&row{walls: through}, &row{walls: at.Walls["floor"]})
	f := figure{Name: fmt.Sprintf("%d starts below a broker, %s, %s", blocks*length, s.name, how), Kind: ours, MS: ms(mean(through)), Floor: ratio}
	f.Budget = fmt.Sprintf("%s: %.2f × floor of %.1f; lookups: %d", verdict(ratio <= brokerBudget), ratio, brokerBudget, status.Lookups)
	if len(without) > 0 {
		f.Budget += fmt.Sprintf("; without the broker %.1f ms", ms(mean(without)))
	}
	return f
}

func mean(list []time.Duration) (sum time.Duration) {
	for _, d := range list {
		sum += d
	}
	return sum / time.Duration(max(1, len(list)))
}
