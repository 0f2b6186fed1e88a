// Package check measures how long checking takes: a thousand syncs as people
// write them, and programs that are expensive when each path through a flow is
// followed alone. Its benchmarks report ratios and no benchmark fails.
package check
