// Package tables maps the state of a program to the tables of a database and
// migrates them.
//
// Its three main parts are [Change], which makes one difference between two
// schemas in a transaction and says what is lost by it; [Database], what it
// needs of a database for that; and the forms and names of values, collections,
// indexes and keys, which are the same in every database. It promises that a
// change says what it loses before anybody has decided to keep it. It refuses
// to decide that, and to know any database.
package tables
