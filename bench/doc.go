// Package bench measures what Legible costs, and holds no code but benchmarks
// and a load test.
//
// Each file names its subject. BenchmarkCheck measures the checker on generated
// programs of up to a thousand syncs. BenchmarkEngine measures a flow without
// HTTP and without a disk, with concepts that do almost nothing. BenchmarkHTTP
// compares a flow over HTTP with a net/http handler that reads a JSON object and
// sends it back. BenchmarkDurable compares the cost of a durable flow with what
// the database driver needs for the same rows. BenchmarkFlows measures a store
// with the record of a million flows. BenchmarkLibrary uploads a large library
// of books to FocusReader. TestLoad sends FocusReader more requests than it can
// serve, and malformed ones, and tests that it still serves the others.
//
// A benchmark that compares measures both sides in one run, so that the load of
// the machine cancels out. The figures to look at are the ratios. No benchmark
// fails because of a figure. docs/reference/figures.md has figures and the
// commands that produce them.
//
// The package is one package, not one for each subject, because each package of
// tests is a program to link in every run of go test.
package bench
