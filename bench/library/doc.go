// Package library measures what a large library costs: FocusReader, in a
// process of its own on a store on disk, is sent books over HTTP, lists them
// and gives them out again.
//
// There is nothing in it but a benchmark, which prints memory as the system
// counts it (the resident set of the process, also at its highest) beside
// times. The figures to look at are whether memory stays where it was while
// the library grows, and whether the shelf is listed without its contents being
// read. It refuses to judge: no figure fails it.
package library
