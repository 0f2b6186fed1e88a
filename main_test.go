package legible_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
)

// TestMain wants no goroutine to be left when all tests have ended.
func TestMain(m *testing.M) {
	code := m.Run()
	pgtest.Stop()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
