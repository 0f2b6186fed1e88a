package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/term"

	"github.com/legible-lang/legible/internal/words"
	"github.com/legible-lang/legible/internal/workspace"
)

const (
	// settled is how long nothing must have changed before a check: editors
	// write a file in several steps, and tools many files.
	settled = 15 * time.Millisecond
	// patience is how long a check waits for that at most.
	patience = 500 * time.Millisecond
)

// watch checks the programs of the paths, then again whenever a file of theirs
// changes, until the context ends.
func watch(ctx context.Context, s Streams, paths []string, format *findingsFormat) error {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watching files: %w", err)
	}
	defer events.Close() // nobody waits for what it would still say
	if len(paths) == 0 {
		paths = []string{"."}
	}
	x := &watcher{streams: s, paths: paths, format: format, events: events, watched: map[string]bool{}}
	if err := x.check(nil); err != nil {
		return err
	}
	trouble := error(nil) // of the last check
	for {
		changed, err := x.wait(ctx, trouble != nil)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		before := trouble
		if trouble = x.check(changed); trouble != nil && (before == nil || trouble.Error() != before.Error()) {
			fmt.Fprintf(s.Err, "legible: %v; still watching\n", trouble)
		}
	}
}

// A watcher checks programs whenever one of their files changes.
type watcher struct {
	texts   workspace.Texts
	streams Streams
	paths   []string
	format  *findingsFormat
	events  *fsnotify.Watcher
	watched map[string]bool // folders
}

// check checks everything and prints what is found. Only files that have
// changed are read again.
func (x *watcher) check(changed []string) error {
	began := time.Now()
	w, err := x.open()
	if err != nil {
		return err
	}
	findings, err := checkAll(w, false)
	if err != nil {
		return err
	}
	for _, name := range x.texts.Kept() { // with the concepts that were found around
		if err := x.watch(filepath.Dir(name)); err != nil {
			return err
		}
	}
	took := time.Since(began)
	if isTerminal(x.streams.Out) && *x.format == (findingsFormat{}) {
		io.WriteString(x.streams.Out, "\x1b[H\x1b[2J\x1b[3J") // what cannot be written here cannot be below
	}
	if len(changed) > 0 {
		fmt.Fprintf(x.streams.Err, "changed %s\n", someOf(changed))
	}
	if err := x.format.print(x.streams.Out, findings); err != nil {
		return err
	}
	fmt.Fprintf(x.streams.Err, "checked %s in %d ms: %s; watching\n", words.Counted(w.Files(), "file"), took.Milliseconds(), tally(findings))
	return nil
}

// open finds the programs, with all their folders watched before it looks into
// them, so that nothing new is missed.
func (x *watcher) open() (*workspace.Workspace, error) {
	for _, path := range x.paths {
		if err := x.watchBelow(path); err != nil {
			return nil, err
		}
	}
	for {
		w, err := openWith(&x.texts, x.paths)
		if err != nil {
			return nil, err
		}
		before := len(x.watched)
		for _, p := range w.Programs {
			if err := x.watchBelow(p.Root); err != nil {
				return nil, err
			}
		}
		if len(x.watched) == before {
			return w, nil
		}
	}
}

// isTerminal tells whether w is a terminal that can be cleared.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// someOf names a few files, and counts the rest.
func someOf(names []string) string {
	const few = 3
	if len(names) > few {
		return fmt.Sprintf("%s and %s", strings.Join(names[:few], ", "), words.Counted(len(names)-few, "other file"))
	}
	return strings.Join(names, ", ")
}

// wait returns when files have changed and settled, with their names, or when
// the context has ended. After trouble it returns in a while even if it is told
// of nothing: what is not there cannot be watched.
func (x *watcher) wait(ctx context.Context, trouble bool) ([]string, error) {
	var changed []string
	var quiet, late <-chan time.Time
	if trouble {
		late = time.After(patience)
	}
	for {
		select {
		case <-ctx.Done():
			return nil, nil
		case <-quiet:
			return changed, nil
		case <-late:
			return changed, nil
		case e, open := <-x.events.Events:
			if !open {
				return nil, errors.New("watching files: the system stopped reporting changes")
			}
			if !x.matters(e) {
				continue
			}
			if name := shown(e.Name); !slices.Contains(changed, name) {
				changed = append(changed, name)
			}
		case err := <-x.events.Errors:
			if !errors.Is(err, fsnotify.ErrEventOverflow) {
				return nil, fmt.Errorf("watching files: %w", err)
			}
			x.texts.ForgetAll() // too much has happened to be told one by one
		}
		quiet = time.After(settled)
		if late == nil || trouble {
			late, trouble = time.After(patience), false
		}
	}
}

// matters takes in one event, and tells whether it can change what is found.
func (x *watcher) matters(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod {
		return false
	}
	gone := e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)
	switch {
	case x.watched[e.Name] && gone:
		x.unwatch(e.Name)
	case workspace.IsText(e.Name):
	case e.Has(fsnotify.Create) && !workspace.IsSkipped(filepath.Base(e.Name)):
		info, err := os.Stat(e.Name)
		if err != nil || !info.IsDir() {
			return false
		}
	default:
		return false
	}
	x.texts.Forget(e.Name)
	return true
}

// watchBelow watches a folder and all in it, but those that are passed over.
func (x *watcher) watchBelow(root string) error {
	root += string(filepath.Separator) // a link to a folder is one
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // it has just gone
			return nil
		case err != nil && d != nil && d.IsDir() && name != root:
			return filepath.SkipDir // whoever opens it says so
		case err != nil:
			return fmt.Errorf("watching files: %w", err)
		case !d.IsDir():
			return nil
		case name != root && workspace.IsSkipped(d.Name()):
			return filepath.SkipDir
		}
		return x.watch(workspace.Full(name))
	})
}

func (x *watcher) watch(folder string) error {
	if x.watched[folder] {
		return nil
	}
	switch err := x.events.Add(folder); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("watching %s: %w", folder, err)
	}
	x.watched[folder] = true
	return nil
}

// unwatch forgets a folder that has gone, and those that were in it.
func (x *watcher) unwatch(folder string) {
	for name := range x.watched {
		if workspace.Within(folder, name) {
			delete(x.watched, name)
			x.events.Remove(name) // which mostly has seen it by itself
		}
	}
}

// shown is a full path as it is told: from the folder that one is in, where it
// is below that.
func shown(name string) string {
	here, err := os.Getwd()
	if err != nil {
		return slash(name)
	}
	if rel, err := filepath.Rel(here, name); err == nil && filepath.IsLocal(rel) {
		return slash(rel)
	}
	return slash(name)
}
