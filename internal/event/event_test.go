package event_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/legible-lang/legible/internal/event"
)

// TestWriters writes from several goroutines of several suites, and a process
// dies in the middle of a line.
func TestWriters(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(event.Folder, dir)
	var wg sync.WaitGroup
	for suite := range 3 {
		w, err := event.NewWriter(event.Event{Program: fmt.Sprint(suite), Of: "app", Test: "TestScenarios"})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 20 {
			wg.Go(func() {
				if err := w.Write(event.Event{Event: event.Scenario, Number: n + 1, Title: "a <b> & \n“c”"}); err != nil {
					t.Error(err)
				}
			})
		}
		defer w.Close()
	}
	wg.Wait()
	if err := os.WriteFile(filepath.Join(dir, "dying.jsonl"), []byte("{\"event\":\"suite\",\"program\":\"9\"}\n{\"event\":\"scen"), 0o600); err != nil {
		t.Fatal(err)
	}
	events, err := event.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range events {
		seen[e.Program]++
		if e.Event == event.Scenario && (e.Title != "a <b> & \n“c”" || e.Of != "app" || e.Test != "TestScenarios" || e.Folder == "") {
			t.Errorf("an event came back as %+v", e)
		}
	}
	if seen["0"] != 20 || seen["1"] != 20 || seen["2"] != 20 || seen["9"] != 1 {
		t.Errorf("read events of suites %v, want 20 of each and the one whole line of the process that died", seen)
	}
}

// TestNobodyListens holds that a Go test alone writes nothing.
func TestNobodyListens(t *testing.T) {
	t.Setenv(event.Folder, "")
	w, err := event.NewWriter(event.Event{})
	if w != nil || err != nil {
		t.Fatalf("without a folder the writer is %v, %v", w, err)
	}
	if err := w.Write(event.Event{}); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestChosen(t *testing.T) {
	t.Setenv(event.Only, "log(in|out)")
	chosen, err := event.Chosen()
	if err != nil || !chosen("before logout") || chosen("a log") {
		t.Errorf("the choice of log(in|out) is wrong, or fails: %v", err)
	}
	t.Setenv(event.Only, "(")
	if _, err := event.Chosen(); err == nil {
		t.Error("a broken expression is taken")
	}
	t.Setenv(event.Only, "")
	if chosen, err := event.Chosen(); chosen != nil || err != nil {
		t.Errorf("without an expression there is a choice, or %v", err)
	}
}

// TestPassed holds that nobody takes an event for a failure that is none.
func TestPassed(t *testing.T) {
	for kind, want := range map[string]string{
		event.Suite:    `{"event":"suite","folder":"","of":""}`,
		event.Coverage: `{"event":"coverage","folder":"","of":""}`,
		event.Broken:   `{"event":"broken","folder":"","of":"","passed":false}`,
		event.Scenario: `{"event":"scenario","folder":"","of":"","passed":false}`,
	} {
		if got, err := json.Marshal(event.Event{Event: kind}); string(got) != want || err != nil {
			t.Errorf("a %s is written as %s (%v), want %s", kind, got, err, want)
		}
	}
}
