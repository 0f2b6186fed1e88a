// Package load sends FocusReader more requests than it can serve, and malformed
// ones, and tests that it still serves the others.
//
// There is nothing in it but a test of half a minute, which runs for ten
// minutes with -for 10m. It promises that beside clients that are slow, silent,
// greedy or broken, the others are answered or told to come again; and that
// after them the server is what it was: it answers, and connections and
// goroutines are gone. It refuses to judge how fast that is.
package load
