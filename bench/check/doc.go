// Package check measures how long checking takes: a thousand syncs as people
// write them, and programs that are expensive when each path through a flow is
// followed alone. The texts are generated, so that each benchmark can print the
// size of what it checks. Its benchmarks report ratios, and no figure fails a
// test.
package check
