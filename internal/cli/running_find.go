package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/inspect/api"
)

// findRunning gives the app that is meant, when it runs, and nil when its store
// is to be read. Of an app that nobody named there is the file that it leaves
// beside its store, or in the folder in which it was started.
func (f *recordsFlags) findRunning(s Streams) (*api.Client, error) {
	if isAddress(f.app) {
		if f.store != "" {
			return nil, errors.New("--app names a running app and --store the store of an app: use one of them")
		}
		return f.named()
	}
	kind, path, isNamed := strings.Cut(f.store, ":")
	switch {
	case isPostgres(f.store):
		return nil, nil // it holds what all processes have done
	case f.store != "" && !isNamed && kind != "memory":
		return f.listening(s, []string{f.store + api.NoteSuffix})
	case kind == "sqlite":
		return f.listening(s, []string{path + api.NoteSuffix})
	case f.store != "" && kind != "memory":
		return nil, nil // it is no store, as is said where stores are opened
	}
	var notes []string
	for _, dir := range f.folders() {
		names, err := filepath.Glob(filepath.Join(dir, "*"+api.NoteSuffix))
		if err != nil {
			return nil, fmt.Errorf("looking for a running app: %w", err)
		}
		for _, name := range names {
			if clean := filepath.Clean(name); !slices.Contains(notes, clean) && (kind != "memory" || !strings.HasSuffix(clean, ".db"+api.NoteSuffix)) {
				notes = append(notes, clean)
			}
		}
	}
	return f.listening(s, notes)
}

// folders are where an app that nobody named leaves its files.
func (f *recordsFlags) folders() []string {
	folder := f.app
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		folder = filepath.Dir(folder)
	}
	return []string{folder, "."}
}

// listening gives the one app of some files that runs. A file that an app has
// left without ending as it should is passed over.
func (f *recordsFlags) listening(s Streams, notes []string) (*api.Client, error) {
	var found *api.Client
	var alive []string
	for _, path := range notes {
		note, err := api.ReadNote(path)
		if err != nil {
			if !errors.Is(err, os.ErrNotExist) {
				fmt.Fprintf(s.Err, "legible: ignoring %s, which cannot be read: %v\n", slash(path), err)
			}
			continue
		}
		r, err := api.Dial(note.Address, note.Token)
		switch {
		case err == nil:
			found, alive = r, append(alive, note.Address)
		case errors.Is(err, api.ErrVersion):
			fmt.Fprintf(s.Err, "legible: %v; reading its store instead\n", dialError(r, err))
		default:
			f.stale = " (the app that left " + slash(path) + " ended without removing it)"
		}
	}
	if len(alive) > 1 {
		return nil, fmt.Errorf("several apps run here, %s: name one with --app", strings.Join(alive, ", "))
	}
	return found, nil
}
