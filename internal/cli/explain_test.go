package cli_test

import (
	"os"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
)

// TestDiagnosticsPage compares the reference page of findings with the
// catalogue. The page also shows the message for each example, so its diff
// shows every changed message.
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
		t.Errorf("%s differs from the catalogue: go test ./internal/cli -run TestDiagnosticsPage -update rewrites it", page)
	}
	if strings.Contains(got, "\n## L") {
		t.Error("a group of codes has no heading in the page: add one to chapters")
	}
}

// TestEveryCodeIsExplained explains each code by its code and by its name. The
// message of each example must contain the code.
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
		case diag.TooLarge, diag.CrowdedFolder: // an example would need 4 MiB, or two files
		default:
			if !strings.Contains(byCode, "["+string(e.Code)+"]") {
				t.Errorf("legible explain %s does not show the message for its example:\n%s", e.Code, byCode)
			}
		}
	}
}
