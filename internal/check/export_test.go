package check

import "slices"

// CheckPasses reports a pass that comes before one that it needs.
func CheckPasses(report func(format string, args ...any)) {
	var promised []string
	for _, p := range passes() {
		for _, need := range p.needs {
			if !slices.Contains(promised, need) {
				report("the pass %q needs %q, which no earlier pass promises", p.name, need)
			}
		}
		promised = append(promised, p.promises)
	}
}
