package mutation

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Print writes how many results have each verdict, by class and in total.
func Print(w io.Writer, results []Result) {
	counts := map[string]*[len(verdicts)]int{}
	var classes []string
	total := [len(verdicts)]int{}
	for _, r := range results {
		if counts[r.Class] == nil {
			counts[r.Class] = new([len(verdicts)]int)
			classes = append(classes, r.Class)
		}
		counts[r.Class][r.Verdict]++
		total[r.Verdict]++
	}
	row := func(name string, n [len(verdicts)]int) {
		fmt.Fprintf(w, "%-28s", name)
		for _, x := range n {
			fmt.Fprintf(w, "%11s", strings.Replace(fmt.Sprint(x), "0", "", boolToInt(x == 0)))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%-28s", "class")
	for _, v := range verdicts {
		fmt.Fprintf(w, "%11s", v)
	}
	fmt.Fprintln(w)
	slices.Sort(classes)
	for _, c := range classes {
		row(c, *counts[c])
	}
	row("all", total)
	fmt.Fprintf(w, "%d mutations\n", len(results))
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Show writes one result with its change and what was said.
func Show(w io.Writer, r Result) {
	fmt.Fprintf(w, "%s %s", r.Verdict, r.ID)
	if r.By != "" {
		fmt.Fprintf(w, " (%s)", r.By)
	}
	fmt.Fprintln(w)
	io.WriteString(w, r.Diff())
	for _, p := range r.Places {
		fmt.Fprintf(w, "    must name %s to %d\n", p, p.Last)
	}
	for line := range strings.Lines(r.Said) {
		fmt.Fprintf(w, "    | %s", line)
	}
}
