// Package flows measures a store that holds the record of a million flows: how
// long it takes to open, how long the next flow takes, and how much memory the
// process uses.
//
// There is nothing in it but a benchmark. The figures to look at are whether
// they stay what they are for an empty store. It refuses to judge: no figure
// fails it.
package flows
