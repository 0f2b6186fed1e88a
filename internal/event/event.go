// Package event carries the results of scenarios from a test process to the
// legible command.
//
// Its three main types are [Event], one result; [Clause], a part of a sync
// that no scenario reached; and [Writer], which writes the events of one suite
// to a folder. Several processes may write at the same time, and events that
// were written before a process died can be read. Without the folder that
// [Folder] names, nothing is written, and the test is an ordinary Go test.
package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// The variables of the environment by which the command reaches the tests.
const (
	// Folder names the folder to which events are written.
	Folder = "LEGIBLE_SCENARIO_EVENTS"
	// Only holds a regular expression: scenarios whose titles it does not match
	// are passed over.
	Only = "LEGIBLE_SCENARIO_ONLY"
	// Replay names a folder with recorded flows: in the place of scenarios they
	// are run again. Texts may name a folder of texts in the place of the app's,
	// and with Effects what reaches outside is run again, too.
	Replay  = "LEGIBLE_REPLAY"
	Texts   = "LEGIBLE_REPLAY_TEXTS"
	Effects = "LEGIBLE_REPLAY_EFFECTS"
)

// The kinds of events.
const (
	// Suite opens a suite: Program, Of, Folder, and how many scenarios it has.
	Suite = "suite"
	// Scenario was played: Title, Place, Passed, Failure.
	Scenario = "scenario"
	// Coverage closes a suite of which every scenario was played.
	Coverage = "coverage"
	// Broken says that nothing could be played: Failure, Details.
	Broken = "broken"
	// Untested is the command's own: scenarios that no Go test plays.
	Untested = "untested"
)

// An Event is one thing that a test process tells, one line of JSON.
type Event struct {
	Event   string `json:"event"`
	Folder  string `json:"folder"`            // of the Go package
	Test    string `json:"test,omitempty"`    // the Go test: "TestScenarios"
	Program string `json:"program,omitempty"` // name of the app or concept
	Of      string `json:"of"`                // "app" or "concept"

	Scenarios int `json:"scenarios,omitempty"` // Suite: how many there are

	Number  int      `json:"number,omitempty"` // place of the scenario in its suite, from 1
	Title   string   `json:"title,omitempty"`
	Place   string   `json:"place,omitempty"`   // file:line:col of the scenario, or of the step that failed
	Passed  bool     `json:"passed"`            // false also when Broken and Untested
	Failure string   `json:"failure,omitempty"` // its first line, without the place
	Details []string `json:"details,omitempty"` // its further lines, indented

	Clauses   int      `json:"clauses,omitempty"` // Coverage: how many there are
	Unreached []Clause `json:"unreached,omitempty"`
	Demanded  bool     `json:"demanded,omitempty"` // the test fails when some are not reached
}

// MarshalJSON leaves out whether it passed where nothing is said about that.
func (e Event) MarshalJSON() ([]byte, error) {
	type fields Event
	line, err := marshal(fields(e))
	if e.Event == Suite || e.Event == Coverage {
		line = bytes.Replace(line, []byte(`,"passed":false`), nil, 1) // no text holds this: its quotes are escaped
	}
	return line, err
}

// marshal writes a value as JSON for programs, so that "=>" stays readable.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// A Clause is a line of a sync.
type Clause struct {
	Sync  string `json:"sync"`
	Part  string `json:"part"` // when, where, else or then
	Place string `json:"place"`
	Text  string `json:"text"` // on one line
}

// A Writer writes the events of one suite. The nil Writer writes nothing.
type Writer struct {
	file *os.File
	like Event
}

// NewWriter opens a file of its own in the folder that the environment names.
// The events take folder, test, program and kind from like. Without a folder
// the writer is nil.
func NewWriter(like Event) (*Writer, error) {
	dir := os.Getenv(Folder)
	if dir == "" {
		return nil, nil
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("telling the legible command: %w", err)
	}
	file, err := os.CreateTemp(dir, "*.jsonl")
	if err != nil {
		return nil, fmt.Errorf("telling the legible command: %w", err)
	}
	like.Folder = here
	return &Writer{file: file, like: like}, nil
}

// Write writes one event. It may be called by several goroutines.
func (w *Writer) Write(e Event) error {
	if w == nil {
		return nil
	}
	e.Folder, e.Test, e.Program, e.Of = w.like.Folder, w.like.Test, w.like.Program, w.like.Of
	line, err := marshal(e)
	if err == nil {
		_, err = w.file.Write(append(line, '\n')) // one write a line: lines do not mix
	}
	if err != nil {
		return fmt.Errorf("telling the legible command: %w", err)
	}
	return nil
}

// Close ends the writer.
func (w *Writer) Close() error {
	if w == nil {
		return nil
	}
	return w.file.Close()
}

// Read returns the events in a folder, those of one suite in the order in which
// they were told. A line that a dying process did not finish is left out.
func Read(dir string) ([]Event, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var list []Event
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("reading what the tests told: %w", err)
		}
		for line := range bytes.Lines(text) {
			if !bytes.HasSuffix(line, []byte("\n")) {
				break
			}
			var e Event
			if err := json.Unmarshal(line, &e); err != nil {
				return nil, fmt.Errorf("reading what the tests told: %w", err)
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// Chosen returns the test of a title that the environment asks for; nil when it
// asks for all.
func Chosen() (func(title string) bool, error) {
	text := os.Getenv(Only)
	if text == "" {
		return nil, nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Only, err)
	}
	return re.MatchString, nil
}
