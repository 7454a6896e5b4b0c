//go:build linux

package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// The picture's measures, in pixels.
const (
	pictureWidth = 760
	barLeft      = 330 // where the bars begin
	barRight     = 700 // where the longest ends
	barHeight    = 16
	barStep      = 26
	barsTop      = 44
)

// picture is a chart of bars, one for each figure with a time, as an SVG file that goes by the
// reader's colours.
func picture(list []figure) string {
	var drawn []figure
	longest := 0.0
	for _, f := range list {
		if f.MS > 0 {
			drawn = append(drawn, f)
			longest = max(longest, f.MS)
		}
	}
	height := barsTop + len(drawn)*barStep + 34
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="What a start costs, in milliseconds">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 14px; }
.note, .tick { font-size: 11px; fill: #57606a; }
.grid { stroke: #d0d7de; }
.base { fill: #afb8c1; } .peer { fill: #d4a72c; } .ours { fill: #1a7f37; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .note, .tick { fill: #9198a1; } .grid { stroke: #3d444d; }
.base { fill: #656c76; } .peer { fill: #bb8009; } .ours { fill: #3fb950; }
}
</style>
<text class="title" x="12" y="20">From a store to a running worker, milliseconds</text>
`, pictureWidth, height)
	bottom := barsTop + len(drawn)*barStep
	for t := 0.0; t <= longest; t += gridStep(longest) {
		x := barLeft + t/longest*(barRight-barLeft)
		fmt.Fprintf(&b, "<line class=\"grid\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/><text class=\"tick\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n",
			x, barsTop-8, x, bottom, x, bottom+14, t)
	}
	for i, f := range drawn {
		y := barsTop + i*barStep
		width := f.MS / longest * (barRight - barLeft)
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text><rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/><text x=\"%.1f\" y=\"%d\">%.1f</text>\n",
			barLeft-10, y+12, html.EscapeString(f.Name), [...]string{"base", "peer", "ours"}[f.Kind], barLeft, y, width, barHeight, barLeft+width+6, y+12, f.MS)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// gridStep is the distance of the grid's lines: 1, 2 or 5 times a power of ten.
func gridStep(longest float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(longest/4)))
	for _, n := range []float64{1, 2, 5} {
		if longest/(n*power) <= 8 {
			return n * power
		}
	}
	return 10 * power
}
