package main

import "strings"

// nearest returns the name that a mistyped word most likely means.
func nearest(word string, names []string) (name string, ok bool) {
	least := len(word)/3 + 1
	for _, n := range names {
		if d := distance(strings.ToLower(word), n); d < least {
			name, least, ok = n, d, true
		}
	}
	return name, ok
}

// distance is the number of letters to insert, delete or replace in a to get b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
