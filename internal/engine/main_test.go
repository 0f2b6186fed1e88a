package engine_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain wants no goroutine to be left when all tests have ended.
func TestMain(m *testing.M) {
	if file := os.Getenv(overdueFile); file != "" {
		finishOverdue(file)
	}
	if work := os.Getenv(victimWork); work != "" {
		runVictim(work)
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
