// Package archtest checks the structure of the project.
//
// It has no types that anybody uses: its tests have a room for each package,
// with the rooms that it may import; a library for everything that comes from
// outside, with the one place where it is used; and limits for what a person
// can still read. It promises that an arrow in the wrong direction fails a test
// and is told why, and that the table in ARCHITECTURE.md is what the folders
// are. It refuses to judge anything that only a reader can: whether a name is
// right, whether a story is told well.
package archtest
