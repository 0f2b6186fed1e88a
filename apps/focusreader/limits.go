package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/legible-lang/legible/concepts/limiting"
)

// The defaults of --limit-name, --limit-address and --limit-accounts. Many people
// may share one address.
const (
	usualOfName, usualOfAddress, usualAccounts = "10/15m", "100/1m", "100/1m"
)

// limitsOf returns the budgets that the syncs name. A session has as many tries of
// the old password as unknown places have of a name.
func limitsOf(name, address, account limiting.Budget) limiting.Options {
	return limiting.Options{Budgets: map[string]limiting.Budget{
		"name": name, "session": name, "address": address, "account": account,
	}}
}

// usualLimits are the limits of a program without flags.
func usualLimits() limiting.Options {
	var budgets []limiting.Budget
	for _, text := range []string{usualOfName, usualOfAddress, usualAccounts} {
		b, err := budget(text)
		if err != nil {
			panic(err) // a constant
		}
		budgets = append(budgets, b)
	}
	return limitsOf(budgets[0], budgets[1], budgets[2])
}

// budget parses the number of tries and the time in which one comes back: 10/15m, or
// 0 for no limit.
func budget(text string) (limiting.Budget, error) {
	if text == "0" {
		return limiting.Budget{Tries: -1}, nil
	}
	tries, every, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(tries)
	d, err2 := time.ParseDuration(every)
	if err != nil || err2 != nil || n <= 0 || n > 1_000_000 || d < time.Second || d > 24*time.Hour {
		return limiting.Budget{}, fmt.Errorf("it is TRIES/TIME, as in 10/15m for ten at once of which one comes back every 15 minutes, or 0 for no limit, not %q", text)
	}
	return limiting.Budget{Tries: n, Every: d}, nil
}
