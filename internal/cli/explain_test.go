package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
)

// TestDiagnosticsPage holds the reference page of findings against the
// catalogue. The page also shows what is said of each example, so a change of a
// message is seen there.
func TestDiagnosticsPage(t *testing.T) {
	const page = "../../docs/reference/diagnostics.md"
	code, got, talk := legible("explain", "--markdown")
	if code != 0 {
		t.Fatalf("legible explain --markdown exits with %d: %s", code, talk)
	}
	if *update {
		if err := os.WriteFile(page, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the catalogue says: go test ./cli -update writes it", page)
	}
	if strings.Contains(got, "\n## L") {
		t.Error("a group of codes has no heading in the page: name it in chapters")
	}
}

// TestEveryCodeIsExplained asks for each code and each name, and wants of each
// finding that is shown that it has the code.
func TestEveryCodeIsExplained(t *testing.T) {
	for i, e := range diag.Catalogue() {
		if testing.Short() && i%5 != 0 {
			continue // TestDiagnosticsPage shows them all
		}
		code, byCode, talk := legible("explain", string(e.Code))
		_, byName, _ := legible("explain", e.Name)
		if code != 0 || byCode != byName || !strings.HasPrefix(byCode, string(e.Code)+" "+e.Name+": ") {
			t.Errorf("legible explain %s (exit %d) prints\n%s%s", e.Code, code, byCode, talk)
		}
		switch e.Code {
		case diag.TooLarge, diag.CrowdedFolder: // their examples would be 4 MiB, and two files
		default:
			if !strings.Contains(byCode, "["+string(e.Code)+"]") {
				t.Errorf("legible explain %s does not show what is said of its example:\n%s", e.Code, byCode)
			}
		}
	}
}
