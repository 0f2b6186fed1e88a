package expression

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the reference page of functions")

// TestFunctionsPage compares the reference page with the table of functions.
func TestFunctionsPage(t *testing.T) {
	const page = "../../docs/reference/functions.md"
	var b strings.Builder
	b.WriteString("# Functions\n\n<!-- written by go test ./internal/expression -update -->\n\nThe functions that expressions can call. " +
		"Most of them fail if they are given null.\n\n| function | gives |\n| --- | --- |\n")
	for _, f := range Functions() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Signature, f.Doc)
	}
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs from the table: go test ./internal/expression -run TestFunctionsPage -update rewrites it", page)
	}
}
