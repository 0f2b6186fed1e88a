package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/event"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/internal/workspace"
)

func newTest(s Streams) *cobra.Command {
	var only string
	var asJSON bool
	var recorded recordsFlags
	var from []string
	cmd := &cobra.Command{
		Use:   "test [PATH...]",
		Short: "Run the scenarios of concepts and apps",
		Long: `Test runs the scenarios below the paths. It prints for each whether it passed and
why it failed, and lists the lines of an app's syncs that no scenario reached.

The scenarios are run by Go tests, because concepts contain Go code: test runs
"go test" on the tests that call scenario.App or scenario.Concept, in the folder of
the scenarios or the nearest folder above.

With --from-journal, test runs nothing. It writes the recorded flow of a trace id
as a scenario, like legible flow scenario. Repeat the flag for earlier flows that
the last one depends on.`,
		Example: "  legible test\n  legible test apps/focusreader --run 'log(in|out)'\n  legible test --from-journal a0cd >>app.scenario\n  legible test --json | jq 'select(.event == \"scenario\")'",
		RunE: func(_ *cobra.Command, paths []string) error {
			if len(from) > 0 {
				if len(paths) > 1 {
					return errors.New("--from-journal writes the flows of one app: name one folder")
				}
				recorded.app = orHere(paths)[0]
				return recorded.scenario(s, "", from)
			}
			if _, err := regexp.Compile(only); err != nil {
				return fmt.Errorf("--run: %w", err)
			}
			return testScenarios(s, paths, only, asJSON)
		},
	}
	cmd.Flags().StringVar(&only, "run", "", "run only scenarios whose titles match this regular expression")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print events as JSON, one object per line")
	cmd.Flags().StringArrayVar(&from, "from-journal", nil, "write the recorded flow of this trace id as a scenario")
	cmd.Flags().StringVar(&recorded.store, "store", "", "with --from-journal: "+storeUsage)
	cmd.MarkFlagsMutuallyExclusive("from-journal", "run")
	cmd.MarkFlagsMutuallyExclusive("from-journal", "json")
	return cmd
}

func testScenarios(s Streams, paths []string, only string, asJSON bool) error {
	texts, err := textsBelow(paths)
	if err != nil {
		return err
	}
	tests, untested, err := findTests(texts)
	if err != nil {
		return err
	}
	if len(tests) == 0 && len(untested) == 0 {
		return fmt.Errorf("there are no scenarios below %s", strings.Join(orHere(paths), ", "))
	}
	told, trouble, err := playTests(tests, only)
	if err != nil {
		return err
	}
	events := append(told, untested...)
	for i := range events {
		events[i].findPlaces(texts)
	}
	events = wanted(events, texts)
	report := tallied(events)
	if asJSON {
		err = writeEvents(s.Out, events)
	} else {
		err = printEvents(s.Out, events)
	}
	if err != nil {
		return err
	}
	for _, text := range trouble {
		fmt.Fprintln(s.Err, strings.TrimRight(text, "\n"))
	}
	if report.played > 0 || len(trouble) == 0 {
		fmt.Fprintln(s.Err, report.String())
	}
	switch {
	case len(trouble) > 0:
		return errors.New("go test failed for a reason other than a scenario" + wayOut(trouble))
	case report.failed > 0 || report.broken > 0 || report.untested > 0 || report.short > 0:
		return errFindings
	case report.played == 0 && only != "":
		return fmt.Errorf("no scenario has a title that matches %q%s", only, titlesOf(texts, only))
	}
	return nil
}

func orHere(paths []string) []string {
	if len(paths) == 0 {
		return []string{"."}
	}
	return paths
}

// A happened is an event whose folder and places are those that a person in
// the present folder would write.
type happened struct{ event.Event }

// findPlaces makes the places of an event, which are relative to what the Go
// package calls its files, paths from here.
func (h *happened) findPlaces(texts []string) {
	from := func(place string) string {
		file, rest, _ := strings.Cut(place, ":")
		if file == "" {
			return place
		}
		if near := filepath.Join(h.Folder, filepath.FromSlash(file)); exists(near) {
			return slash(near) + ":" + rest
		}
		var found []string
		for _, t := range texts {
			if workspace.Within(h.Folder, t) && strings.HasSuffix(slash(t), "/"+file) {
				found = append(found, t)
			}
		}
		if len(found) == 1 {
			return slash(found[0]) + ":" + rest
		}
		return place
	}
	h.Place = from(h.Place)
	if h.Event.Event == event.Broken {
		for i := range h.Details {
			h.Details[i] = from(h.Details[i])
		}
	}
	h.Unreached = slices.Clone(h.Unreached)
	for i := range h.Unreached {
		h.Unreached[i].Place = from(h.Unreached[i].Place)
	}
}

// wayOut says what to do about the troubles that a newcomer has with Go.
func wayOut(trouble []string) string {
	steps := ""
	switch text := strings.Join(trouble, "\n"); {
	case strings.Contains(text, "go.mod file not found"):
		steps = ": there is no Go module here yet; make one, under any name, with\n    go mod init example.org/" +
			strings.ToLower(filepath.Base(workspace.Full(".")))
	case strings.Contains(text, "no required module provides package "+strings.TrimSuffix(runner, "/scenario")):
		steps = ": the Go module here does not have legible yet; add it with"
	default:
		return ""
	}
	if dir := checkout(); dir != "" {
		steps += "\n    go mod edit -replace github.com/legible-lang/legible=" + shellWord(slash(dir))
	}
	return steps + "\n    go mod tidy"
}

// titlesShown is how many titles are named to whom none was found for.
const titlesShown = 5

// titlesOf names scenarios to somebody who looked for another one.
func titlesOf(texts []string, only string) string {
	var titles []string
	for _, name := range texts {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		tree, _ := syntax.Parse(source.NewFile(name, string(text)))
		for _, s := range tree.Scenarios {
			titles = append(titles, s.Title)
		}
		for _, c := range tree.Concepts {
			for _, s := range c.Scenarios {
				titles = append(titles, s.Title)
			}
		}
	}
	if loose, err := regexp.Compile("(?i)" + only); err == nil {
		for _, title := range titles {
			if loose.MatchString(title) {
				return fmt.Sprintf("; there is “%s”: begin the pattern with (?i) to ignore case", title)
			}
		}
	}
	if near, ok := diag.Nearest(only, titles); ok {
		return fmt.Sprintf("; did you mean “%s”?", near)
	}
	more := ""
	if len(titles) > titlesShown {
		titles, more = titles[:titlesShown], fmt.Sprintf(" and %d more", len(titles)-titlesShown)
	}
	return ": there are “" + strings.Join(titles, "”, “") + "”" + more
}

// wanted leaves out what nobody asked for: a Go test plays all scenarios of its
// app, the paths may have named some of them. Coverage says nothing then.
func wanted(events []happened, texts []string) []happened {
	partly := map[string]bool{}
	events = slices.DeleteFunc(events, func(e happened) bool {
		file, _, _ := strings.Cut(e.Place, ":")
		name := filepath.FromSlash(file)
		if e.Event.Event != event.Scenario || !exists(name) || slices.Contains(texts, name) {
			return false
		}
		partly[e.heading()] = true
		return true
	})
	return slices.DeleteFunc(events, func(e happened) bool {
		return e.Event.Event == event.Coverage && partly[e.heading()]
	})
}

// A report counts what happened.
type report struct{ played, failed, broken, untested, short int }

// tallied sorts the events, those of a suite together, and counts them.
func tallied(events []happened) *report {
	rank := map[string]int{event.Suite: 0, event.Broken: 1, event.Scenario: 2, event.Coverage: 3, event.Untested: 4}
	slices.SortStableFunc(events, func(a, b happened) int {
		return cmp.Or(cmp.Compare(a.Folder, b.Folder), cmp.Compare(a.Test, b.Test), cmp.Compare(a.Of, b.Of),
			cmp.Compare(a.Program, b.Program), cmp.Compare(rank[a.Event.Event], rank[b.Event.Event]), cmp.Compare(a.Number, b.Number))
	})
	r := &report{}
	for _, e := range events {
		switch e.Event.Event {
		case event.Scenario:
			r.played++
			if !e.Passed {
				r.failed++
			}
		case event.Broken:
			r.broken++
		case event.Untested:
			r.untested++
		case event.Coverage:
			if e.Demanded && len(e.Unreached) > 0 {
				r.short++
			}
		}
	}
	return r
}

func (r *report) String() string {
	parts := []string{"played " + words.Counted(r.played, "scenario") + ": "}
	if r.failed == 0 {
		parts = append(parts, "none failed")
	} else {
		parts = append(parts, fmt.Sprintf("%d failed", r.failed))
	}
	if r.broken > 0 {
		parts = append(parts, "; "+words.Counted(r.broken, "program")+" could not be played")
	}
	if r.untested > 0 {
		parts = append(parts, "; "+words.Counted(r.untested, "folder")+" without a test")
	}
	if r.short > 0 {
		parts = append(parts, "; "+words.Counted(r.short, "app")+" without the full coverage that its test demands")
	}
	return strings.Join(parts, "")
}

func writeEvents(w io.Writer, events []happened) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for _, e := range events {
		if err := encoder.Encode(e.Event); err != nil {
			return err
		}
	}
	return nil
}

func printEvents(w io.Writer, events []happened) error {
	var b strings.Builder
	lines := func(indent string, list []string) {
		for _, line := range list {
			b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
		}
	}
	last := ""
	for _, e := range events {
		if e.Event.Event == event.Suite {
			continue
		}
		if h := e.heading(); h != last {
			b.WriteString(h + "\n")
			last = h
		}
		switch e.Event.Event {
		case event.Scenario:
			if e.Passed {
				fmt.Fprintf(&b, "  ok    %s\n", e.Title)
				continue
			}
			fmt.Fprintf(&b, "  FAIL  %s\n", e.Title)
			message := e.Failure
			if e.Place != "" {
				message = e.Place + ": " + message
			}
			lines("        ", append([]string{message}, e.Details...))
		case event.Coverage:
			fmt.Fprintf(&b, "  %d of %s of the syncs reached", e.Clauses-len(e.Unreached), words.Counted(e.Clauses, "line"))
			if len(e.Unreached) > 0 {
				b.WriteString("; no scenario reaches")
			}
			b.WriteString("\n")
			for _, c := range e.Unreached {
				fmt.Fprintf(&b, "    %s: %s of %s: %s\n", c.Place, c.Part, c.Sync, c.Text)
			}
		case event.Broken, event.Untested:
			lines("  ", append([]string{e.Failure}, e.Details...))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// heading names the suite of an event.
func (h *happened) heading() string {
	if h.Program == "" {
		return slash(h.Folder)
	}
	return slash(h.Folder) + ": " + h.Of + " " + h.Program
}
