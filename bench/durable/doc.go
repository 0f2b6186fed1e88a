// Package durable measures what it costs to make a flow durable, against what
// the database's own driver needs for the same rows.
//
// There is nothing in it but tests. One run gives both sides, so that the
// machine's mood cancels out; the figures to look at are the ratios that
// [BenchmarkFlow] reports. It refuses to judge: no figure fails a test.
package durable
