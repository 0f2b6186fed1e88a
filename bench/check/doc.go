// Package check measures how long it takes to check programs: a thousand syncs
// as people write them, and shapes that would be dear if each way through a
// flow were followed by itself. Its one type of result is a benchmark's; it
// promises to check the very texts that it prints the size of, and refuses to
// hold any time against a number: machines are shared.
package check
