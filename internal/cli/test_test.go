package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/legible-lang/legible/internal/cli"
	"github.com/legible-lang/legible/internal/event"
)

// legible runs the command in the folder of the scenarios that the tests play.
func legible(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = cli.Run(args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

// TestScenariosAreTold plays real scenarios through go test and holds what is
// printed against testdata/scenarios.txtar: one file for each run, whose name is
// the command line and whose first line is the exit code.
func TestScenariosAreTold(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	goldens, err := filepath.Abs("testdata/scenarios/told.txtar")
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile(goldens)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("testdata/scenarios")
	for i := range archive.Files {
		f := &archive.Files[i]
		code, out, errOut := legible(strings.Fields(f.Name)[1:]...)
		got := normal("exit " + strconv.Itoa(code) + "\n" + out + "--- talk\n" + errOut)
		if *update {
			f.Data = []byte(got)
			continue
		}
		if got != string(f.Data) {
			t.Errorf("%s: got\n%s\nwant\n%s", f.Name, got, f.Data)
		}
	}
	if *update {
		if err := os.WriteFile(goldens, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWithoutGo plays scenarios where there is no Go.
func TestWithoutGo(t *testing.T) {
	t.Chdir("testdata/scenarios")
	t.Setenv("PATH", t.TempDir())
	code, out, errOut := legible("test", "good")
	if code != 2 || out != "" || !strings.Contains(errOut, "the go command, which is not in the PATH: install Go") {
		t.Errorf("exit %d, and it says %s%s", code, out, errOut)
	}
}

var (
	idPattern   = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	timePattern = regexp.MustCompile(`[0-9.]+s\b`)
)

func normal(text string) string {
	return timePattern.ReplaceAllString(idPattern.ReplaceAllString(text, "ID"), "TIME")
}

// TestScenariosAsJSON holds that each line of --json is an event, with places
// that stand in the present folder.
func TestScenariosAsJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	t.Chdir("testdata")
	code, out, errOut := legible("test", "--json", "scenarios/bad")
	if code != 1 {
		t.Errorf("exit %d, want 1: %s", code, errOut)
	}
	kinds := map[string]int{}
	for line := range strings.Lines(out) {
		var e event.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		kinds[e.Event]++
		if e.Event == event.Scenario && e.Title == "beginning twice" &&
			(e.Passed || e.Place != "scenarios/bad/more/more.scenario:3:5" || e.Folder != "scenarios/bad") {
			t.Errorf("the failure in more.scenario is told as %s", line)
		}
	}
	if kinds[event.Scenario] != 3 || kinds[event.Suite] != 1 || kinds[event.Coverage] != 1 {
		t.Errorf("the events are %v", kinds)
	}
}
