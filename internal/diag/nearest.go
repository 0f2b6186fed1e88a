package diag

import "strings"

// Nearest returns the candidate that a misspelled word most likely means: it
// differs only in case, or by few typing errors. If two candidates are equally
// near, it returns the first. It returns false if no candidate is near.
func Nearest(word string, candidates []string) (string, bool) {
	lower := strings.ToLower(word)
	best, bestDistance := "", allowed(lower)+1
	for _, c := range candidates {
		if c == "" || c == word {
			continue
		}
		d := distance([]rune(lower), []rune(strings.ToLower(c)), bestDistance)
		if d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best, best != ""
}

// IsOnlyNearest reports whether no other candidate is as near to a word as one is.
func IsOnlyNearest(word, near string, candidates []string) bool {
	lower := []rune(strings.ToLower(word))
	far := allowed(string(lower)) + 1
	least := distance(lower, []rune(strings.ToLower(near)), far)
	for _, c := range candidates {
		if c != "" && c != near && c != word && distance(lower, []rune(strings.ToLower(c)), far) <= least {
			return false
		}
	}
	return true
}

// allowed returns how many typing errors a word of this length may have. A
// short word with two errors is another word.
func allowed(word string) int {
	switch n := len([]rune(word)); {
	case n <= 2:
		return 0
	case n <= 5:
		return 1
	case n <= 9:
		return 2
	default:
		return 3
	}
}

// distance counts insertions, deletions, replacements and swaps of neighbours,
// up to a limit.
func distance(a, b []rune, limit int) int {
	if abs(len(a)-len(b)) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
