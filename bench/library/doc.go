// Package library measures a large library: it uploads books over HTTP to
// FocusReader, which runs in its own process with a store on disk, lists them and
// downloads them.
//
// There is nothing in it but a benchmark, which prints memory as the system
// counts it (the resident set of the process, also at its highest) beside
// times. The figures to look at are whether memory stays where it was while
// the library grows, and whether the shelf is listed without its contents being
// read. It refuses to judge: no figure fails it.
package library
