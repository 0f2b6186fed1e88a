package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/plan"
)

// TestReadme compares the tables of the README with the app.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := testAnalysis()
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "<!-- routes")
	table, _, ended := strings.Cut(table, "<!-- end of routes -->")
	if !found || !ended {
		t.Fatal("the README has no table of routes")
	}
	told := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.Contains(cells[1], "/") {
			continue
		}
		path := strings.TrimSpace(cells[1])
		if path[0] == '/' {
			path = "POST " + path
		}
		told[path] = strings.Split(strings.TrimSpace(cells[2]), ", ")
		slices.Sort(told[path])
	}
	for _, r := range plan.Build(program.Program).Routes.All {
		path := r.Method + " " + r.Path
		var fields []string
		for _, f := range r.Fields {
			switch {
			case f.Param:
			case f.Optional:
				fields = append(fields, f.Name+"?")
			default:
				fields = append(fields, f.Name)
			}
		}
		slices.Sort(fields)
		if !slices.Equal(told[path], fields) {
			t.Errorf("%s takes %q, and the README says %q", path, fields, told[path])
		}
		delete(told, path)
	}
	for path := range told {
		t.Errorf("the README tells of %s, which is no route", path)
	}

	var said strings.Builder
	_, err = readSettings([]string{"--help"}, nil, &said)
	if err == nil {
		t.Fatal("--help goes on")
	}
	flags := regexp.MustCompile(`--[a-z]+ `)
	_, table, _ = strings.Cut(string(text), "## Flags")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, name := range flags.FindAllString(said.String(), -1) {
		if !strings.Contains(table, "| `"+strings.TrimSpace(name)+"` |") {
			t.Errorf("the README does not tell of the flag %s", name)
		}
	}
}
