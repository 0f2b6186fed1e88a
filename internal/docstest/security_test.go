package docstest

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// levels are the chapters of the standard that security.md goes through: of each
// section, how many requirements there are up to level 2 (the first so many of it,
// but for those left out), and which of those are of level 1.
var levels = map[string]struct{ all, first string }{
	"2.1":  {"1-12", "1-12"},
	"2.2":  {"1-3", "1-3"},
	"2.3":  {"1-3", "1-1"},
	"2.4":  {"1-5", ""},
	"2.5":  {"1-7", "1-6"},
	"2.10": {"1-4", ""},
	"3.1":  {"1-1", "1-1"},
	"3.2":  {"1-4", "1-3"},
	"3.3":  {"1-4", "1-2"},
	"3.4":  {"1-5", "1-5"},
	"3.5":  {"1-3", ""},
	"3.7":  {"1-1", "1-1"},
	"11.1": {"1-8", "1-5"},
}

func between(t *testing.T, span string) (list []int) {
	t.Helper()
	if span == "" {
		return nil
	}
	from, to, _ := strings.Cut(span, "-")
	a, err := strconv.Atoi(from)
	b, err2 := strconv.Atoi(to)
	if err != nil || err2 != nil {
		t.Fatal(span)
	}
	for n := a; n <= b; n++ {
		list = append(list, n)
	}
	return list
}

var requirement = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// TestSecurity wants each requirement of the chapters to have one row in
// security.md that says whether it holds, and each that holds to name a test,
// which TestLinks looks for.
func TestSecurity(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(top, "docs", "explanation", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{} // what is said of each, with its level
	for _, part := range strings.Split(string(text), "<!-- requirements -->")[1:] {
		part, _, ended := strings.Cut(part, "<!-- end of requirements -->")
		if !ended {
			t.Fatal("a table of requirements has no end")
		}
		for line := range strings.Lines(part) {
			cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
			if len(cells) != 6 || strings.Contains(cells[0], "no.") || strings.HasPrefix(cells[0], " ---") {
				if strings.Contains(line, "|") && !strings.Contains(line, "no.") && !strings.Contains(line, "---") {
					t.Errorf("a row has %d cells, want 6: %s", len(cells), line)
				}
				continue
			}
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			numbers, level, holds, by, shown := cells[0], cells[1], cells[3], cells[4], cells[5]
			if !strings.HasPrefix(holds, "yes") && holds != "no" && holds != "in part" && holds != "does not apply" {
				t.Errorf("%s: that it holds %q says nothing", numbers, holds)
			}
			if by == "" || strings.HasPrefix(holds, "yes") && !strings.Contains(shown, "[Test") {
				t.Errorf("%s holds, and nothing says why, or no test shows it", numbers)
			}
			for _, n := range numbersIn(t, numbers) {
				if told[n+" "+level] != "" {
					t.Errorf("of %s at level %s there are two rows", n, level)
				}
				told[n+" "+level] = holds
				told[n] += level
			}
		}
	}
	for section, l := range levels {
		first := map[int]bool{}
		for _, n := range between(t, l.first) {
			first[n] = true
		}
		for _, n := range between(t, l.all) {
			want := "2"
			if first[n] {
				want = "1"
			}
			name := section + "." + strconv.Itoa(n)
			if !strings.Contains(told[name], want) {
				t.Errorf("nothing is said of %s at level %s", name, want)
			}
		}
	}
	for _, section := range []string{"2.6", "2.7", "2.8", "2.9"} {
		if !strings.Contains(told[section], "1, 2") {
			t.Errorf("nothing is said of %s", section)
		}
	}
}

// numbersIn gives the requirements that a row is about: "2.5.1, 2.5.3",
// "2.10.1 to 2.10.4", or whole sections.
func numbersIn(t *testing.T, text string) (list []string) {
	t.Helper()
	if from, to, ok := strings.Cut(text, " to "); ok {
		section, first := from[:strings.LastIndex(from, ".")], from[strings.LastIndex(from, ".")+1:]
		for _, n := range between(t, first+"-"+to[strings.LastIndex(to, ".")+1:]) {
			list = append(list, section+"."+strconv.Itoa(n))
		}
		return list
	}
	for _, n := range strings.Split(text, ", ") {
		if !requirement.MatchString(n) && strings.Count(n, ".") != 1 {
			t.Errorf("%q is no number of a requirement", n)
		}
		list = append(list, n)
	}
	return list
}
