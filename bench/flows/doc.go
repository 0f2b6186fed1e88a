// Package flows measures what a store costs that a million flows have come to
// rest in: how long it takes to open, what the next flow takes, and how much
// memory the process has.
//
// There is nothing in it but a benchmark. The figures to look at are whether
// they stay what they are for an empty store. It refuses to judge: no figure
// fails it.
package flows
