package telemetry_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestReference holds that the table in docs/reference/telemetry.md has every
// figure of the source.
func TestReference(t *testing.T) {
	names := func(file, pattern string) []string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
		}
		return slices.Sorted(maps.Keys(found))
	}
	source := names("telemetry.go", `Name: "(legible_\w+)"`)
	table := names("../../docs/reference/telemetry.md", "(?m)^\\| `(legible_\\w+)` \\|")
	if len(source) == 0 {
		t.Error("the source has no figures: this tests nothing")
	}
	for _, name := range source {
		if !slices.Contains(table, name) {
			t.Errorf("the page does not tell of %s", name)
		}
	}
}
