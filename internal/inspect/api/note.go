package api

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// NoteSuffix ends the name of a note's file.
const NoteSuffix = ".inspector"

// A Note is what an app leaves in a file while its inspector serves, for the
// legible command of the same person on the same machine. Nobody else can read
// the file.
type Note struct {
	Address string    `json:"address"` // "http://127.0.0.1:8001"
	Token   string    `json:"token"`
	Process int       `json:"process"`
	App     string    `json:"app"`
	Began   time.Time `json:"began"`
}

// ReadNote reads a note.
func ReadNote(path string) (*Note, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading where the app's inspector is: %w", err)
	}
	n := &Note{}
	if err := json.Unmarshal(b, n); err != nil {
		return nil, fmt.Errorf("reading where the app's inspector is, in %s: %w", path, err)
	}
	return n, nil
}

// Leave writes the note, whole or not at all.
func (n *Note) Leave(path string) (err error) {
	b, err := json.Marshal(n)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".inspector-*") // it is made with 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error says more
		}
	}()
	_, err = f.Write(append(b, '\n'))
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// Take removes the note, unless another process has left its own there.
func (n *Note) Take(path string) error {
	there, err := ReadNote(path)
	if err != nil || there.Process != n.Process || there.Token != n.Token || there.Address != n.Address {
		return nil
	}
	return os.Remove(path)
}
