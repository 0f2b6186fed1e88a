// Package replay is what the legible command and a test process tell each other when
// recorded flows run again.
//
// Its main type is [Result], what became of one flow. The command writes the flows and
// their large values to a folder and starts the test, whose package scenario runs them
// and writes the results to the same folder. It promises that both sides use the same
// files. It runs nothing: package scenario does, and package explain compares the runs.
package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/legible-lang/legible/internal/explain"
)

// The contents of the folder.
const (
	Flows   = "flows.jsonl"   // the recorded flows, as an export of the journal
	Blobs   = "blobs"         // a folder with the large values in them, named by their hash
	results = "results.jsonl" // of the test, one Result a line
)

// A Result is what became of one recorded flow.
type Result struct {
	Flow    string    `json:"flow"`
	Begun   time.Time `json:"begun"`
	Request string    `json:"request"`
	// Broken says why nothing could be run. There is no flow then.
	Broken string `json:"broken,omitempty"`
	// Left says why the flow was not run, or why its run shows nothing.
	Left string `json:"left,omitempty"`
	// Tree describes what differs; nil if nothing does.
	Tree *explain.Tree `json:"tree,omitempty"`
}

// Write calls run with a function that writes a result to a folder. The error of run
// becomes a result that is Broken.
func Write(folder string, run func(write func(*Result) error) error) error {
	out, err := os.OpenFile(filepath.Join(folder, results), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err = run(func(r *Result) error { return encoder.Encode(r) }); err != nil {
		err = encoder.Encode(Result{Broken: err.Error()})
	}
	return errors.Join(err, out.Close())
}

// Read reads the results in a folder. A result that is Broken is an error.
func Read(folder string) (list []Result, err error) {
	file, err := os.Open(filepath.Join(folder, results))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for d := json.NewDecoder(file); ; {
		var r Result
		switch err := d.Decode(&r); {
		case err == io.EOF:
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("reading the results of the replay: %w", err)
		case r.Broken != "":
			return nil, errors.New(r.Broken)
		}
		list = append(list, r)
	}
}
