// Package docstest runs the examples in the documents.
//
// It has no types that anybody uses: its tests read the fenced examples of
// README.md and docs, check those in the language as one program a document,
// ask a server what the documents ask it, and run the commands that they show.
// It promises that an example in a document works. It refuses examples in a
// form that it does not know, so that none goes untested.
package docstest
