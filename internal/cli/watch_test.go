package cli_test

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A watching is a "legible check --watch" that runs, with what it has said.
type watching struct {
	t     *testing.T
	dir   string
	cmd   *exec.Cmd
	lines chan string
	done  chan error
}

// patience is how long a test waits for a line; only a broken program takes
// that long.
const patience = time.Minute

func startWatching(t *testing.T, files map[string]string, args ...string) *watching {
	w := &watching{t: t, dir: t.TempDir(), lines: make(chan string, 1000), done: make(chan error, 1)}
	for name, text := range files {
		w.write(name, text)
	}
	w.cmd = exec.Command("legible", append([]string{"check", "--watch"}, args...)...)
	w.cmd.Dir = w.dir
	read, write, err := os.Pipe() // one for both, which keeps their order
	if err != nil {
		t.Fatal(err)
	}
	w.cmd.Stdout, w.cmd.Stderr = write, write
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	go func() {
		for lines := bufio.NewScanner(read); lines.Scan(); {
			w.lines <- lines.Text()
		}
		w.done <- w.cmd.Wait()
	}()
	t.Cleanup(func() {
		if w.cmd.ProcessState == nil {
			w.cmd.Process.Kill()
		}
	})
	return w
}

func (w *watching) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

func (w *watching) write(name, text string) {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path(name), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

func (w *watching) rename(from, to string) {
	w.t.Helper()
	if err := os.Rename(w.path(from), w.path(to)); err != nil {
		w.t.Fatal(err)
	}
}

// sees waits for a line with a part, and gives those before it too. A state that
// is wanted may come after another: a copy of files is seen in steps.
func (w *watching) sees(part string) string {
	w.t.Helper()
	var seen []string
	deadline := time.After(patience)
	for {
		select {
		case line := <-w.lines:
			seen = append(seen, line)
			if strings.Contains(line, part) {
				return strings.Join(seen, "\n")
			}
		case <-deadline:
			w.t.Fatalf("it never says %q, but\n%s", part, strings.Join(seen, "\n"))
		}
	}
}

const (
	watchedApp   = "app Reader\n\nuse Requesting\nuse Profile\n"
	watchedGood  = "sync LogIn\nwhen\n    Requesting.request (path: \"/login\", username, password) : (request)\nthen\n    Profile.authenticate (username, password) : ()\n    Requesting.respond (request)\n"
	watchedOther = "sync LogOut\nwhen\n    Requesting.request (path: \"/logout\") : (request)\nthen\n    Requesting.respond (request)\n"
)

func misspelt(text string) string { return strings.Replace(text, "respond", "respnd", 1) }

// TestWatch goes through what a day of editing does to files. Each step waits
// for the line that only a fresh check can say.
func TestWatch(t *testing.T) {
	w := startWatching(t, map[string]string{"reader.app": watchedApp, "auth.sync": watchedGood})
	w.sees("checked 2 files in ")

	w.write("auth.sync", misspelt(watchedGood)) // in place
	said := w.sees("1 error; watching")
	if !strings.Contains(said, "auth.sync:6:16: error[L0211]") || !strings.Contains(said, "changed auth.sync") {
		t.Errorf("a slip in a file: it says\n%s", said)
	}
	if strings.Contains(said, "\x1b") {
		t.Errorf("to a pipe it clears no screen and writes no colour: %q", said)
	}

	w.write("auth.sync.new", watchedGood) // as careful editors do
	w.rename("auth.sync.new", "auth.sync")
	w.sees("no findings; watching")

	w.write("more/deep/logout.sync", misspelt(watchedOther)) // a new folder
	w.sees("checked 3 files in ")
	w.write("more/deep/logout.sync", watchedOther)
	w.sees("no findings; watching")

	w.rename("more", "further") // with what is in it
	w.write("further/deep/logout.sync", misspelt(watchedOther))
	said = w.sees("1 error; watching")
	if !strings.Contains(said, "further/deep/logout.sync:5:16: error[L0211]") {
		t.Errorf("a slip in a folder with a new name: it says\n%s", said)
	}
	if err := os.RemoveAll(w.path("further")); err != nil {
		t.Fatal(err)
	}
	w.sees("checked 2 files in ")

	w.write("more/deep/logout.sync", watchedOther) // the first name again
	w.sees("checked 3 files in ")
	w.write("more/deep/logout.sync", misspelt(watchedOther))
	w.sees("1 error; watching")

	// What is no text, and what an editor keeps beside one, does not matter: the
	// next thing that is said is of the file after.
	w.write("notes.txt", "")
	w.write(".auth.sync", "nothing that can be read")
	w.write("node_modules/x/y.sync", "nothing that can be read")
	w.write("more/deep/logout.sync", watchedOther)
	said = w.sees("no findings; watching")
	if strings.Contains(said, "notes.txt") || strings.Contains(said, ".auth.sync") || strings.Contains(said, "node_modules") {
		t.Errorf("it speaks of files that are none of a program:\n%s", said)
	}

	// A concept from elsewhere in the module, as soon as the folder has it.
	w.write("more/tagging.sync", "sync Tag\nwhen\n    Profile.authenticate () : (user)\nthen\n    Tagging.tag (user)\n")
	w.sees("1 error; watching")
	w.write("reader.app", watchedApp+"use Tagging [User = Profile.User]\n")
	w.write("tagging.concept", "concept Tagging [User]\n\nactions\n    tag (user: User) : ()\n")
	w.sees("no findings; watching")

	w.stop()
}

func (w *watching) stop() {
	w.t.Helper()
	if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
		w.t.Fatal(err)
	}
	select {
	case err := <-w.done:
		if err != nil {
			w.t.Errorf("interrupted, it ends with %v, want exit code 0", err)
		}
	case <-time.After(patience):
		w.t.Error("interrupted, it does not end")
	}
}

// TestWatchFolderGone takes the whole folder away, as a change of branches may,
// and puts another in its place.
func TestWatchFolderGone(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the command and waits for it: TestWatch does so here, and go test without -short both")
	}
	w := startWatching(t, map[string]string{"reader/reader.app": watchedApp, "reader/auth.sync": watchedGood}, "reader")
	w.sees("checked 2 files in ")
	if err := os.RemoveAll(w.path("reader")); err != nil {
		t.Fatal(err)
	}
	w.sees("there is no file or folder reader; still watching")
	w.write("reader/reader.app", watchedApp)
	w.sees("checked 1 file in ")
	w.write("reader/auth.sync", misspelt(watchedGood))
	w.sees("1 error; watching")
	w.stop()
}

// TestWatchProgramsBelow adds a program to a folder of programs.
func TestWatchProgramsBelow(t *testing.T) {
	w := startWatching(t, map[string]string{"apps/reader/reader.app": watchedApp, "apps/reader/auth.sync": watchedGood}, "--json", "apps")
	w.sees("checked 2 files in ")
	w.write("apps/other/other.app", watchedApp)
	w.write("apps/other/auth.sync", misspelt(watchedGood))
	said := w.sees("1 error; watching")
	if !strings.Contains(said, `"file":"apps/other/auth.sync"`) {
		t.Errorf("a program that is new below: it says\n%s", said)
	}
	w.stop()
}
