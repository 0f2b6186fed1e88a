// Package tables maps the state of a program to the tables of a database and
// migrates them.
//
// Its three main parts are [Change], which makes one difference between two
// schemas in a transaction and says what it loses; [Database], what it needs of a
// database for that; and the forms and names of values, collections,
// indexes and keys, which are the same in every database. It promises that the
// losses of a change are known before it commits. It knows no particular database.
package tables
