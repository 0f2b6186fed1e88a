package bench

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

const checkConcepts = `concept Requesting

state
    a set of Requests

actions
    request (method: String, path: String, headers: Json, ...) : (request: Request)
    respond (request: Request, status?: Number, ...) : ()
        refuses ALREADY_ANSWERED as conflict "This request has been answered already."
        refuses UNKNOWN_REQUEST as missing "There is no such request in this flow."

concept Sessioning [User]

state
    a set of Sessions with
        a user User

queries
    _getUser (session: Session) : optional (user: User)

concept Library

state
    a set of Users
    a set of Documents with
        an owner User
        a name String
        a size Number

actions
    create (owner: User, name: String) : (document: Document)
        refuses TAKEN as conflict "There is one already."
        refuses BAD_NAME "This is no name."
        effects adds a document
    rename (document: Document, name: String) : (document: Document)
        refuses TAKEN as conflict "There is one already."
        refuses BAD_NAME "This is no name."
        effects changes the name

concept Counting

state
    a set of Counters with
        a unique name String
        a count Number

actions
    increment (name: String) : (count: Number)
        refuses TOO_MANY as limited "Not that many."
        effects adds one

app Bench

use Requesting
    session from body, bearer
use Sessioning [User = Library.User]
use Library
use Counting

view LoggedIn (session) : (user)
where
    in Sessioning: _getUser (session) : (user)
`

// routes writes n syncs: three for each route, as most apps have them: one that
// asks, one for what follows, one for a refusal.
func routes(n int) string {
	var b strings.Builder
	for i := range n / 3 {
		fmt.Fprintf(&b, `
sync Ask%[1]d
when
    Requesting.request (path: "/library/%[1]d", session, name) : (request)
where
    LoggedIn (session) : (user)
        else Requesting.respond (request, status: 401, error: "Please log in.")
    name != ""
        else Requesting.respond (request, status: 422, error: "A name, please.")
then
    Library.create (owner: user, name) : (document)
    Library.rename (document, name) : ()
    Counting.increment (name: "%[1]d") : ()
    Requesting.respond (request, document)

sync Count%[1]d
when
    Requesting.request (path: "/library/%[1]d") : ()
    Library.rename (document) : ()
where
    in Library: size of document is size
    size > %[1]d
then
    Counting.increment (name: "large")

sync Fail%[1]d
when
    Requesting.request (path: "/library/%[1]d") : (request)
    Library.create () : (error)
then
    Requesting.respond (request, status: 409, error)
`, i)
	}
	return b.String()
}

// crowd writes n syncs on one request.
func crowd(n int) string {
	var b strings.Builder
	b.WriteString("\nsync Answer\nwhen\n    Requesting.request (path: \"/crowd\") : (request)\nthen\n    Requesting.respond (request)\n")
	for i := range n {
		fmt.Fprintf(&b, `
sync Look%[1]d
when
    Requesting.request (path: "/crowd", name) : (request)
where
    in Library: name of document is name
    in Library: size of document is %[1]d
then
    Counting.increment (name: "%[1]d")
`, i)
	}
	return b.String()
}

// chain writes n syncs, each of which sets off the next in two ways.
func chain(n int) string {
	var b strings.Builder
	b.WriteString("\nsync Begin\nwhen\n    Requesting.request (path: \"/begin\") : (request)\nthen\n    Counting.increment (name: \"0\") : ()\n    Requesting.respond (request)\n")
	for i := range n {
		fmt.Fprintf(&b, `
sync Next%[1]d
when
    Counting.increment (name: "%[1]d") : ()
then
    Counting.increment (name: "%[2]d")
    Counting.increment (name: "%[2]d")
`, i, i+1)
	}
	return b.String()
}

// files writes the app, its concepts and n syncs into a folder, one file a sync,
// and gives a file that can be changed.
func files(b *testing.B, n int) (dir, one string) {
	dir = b.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	concepts, app, _ := strings.Cut(checkConcepts, "\napp ")
	app, view, _ := strings.Cut(app, "\nview ")
	write("all.concept", concepts)
	write("bench.app", "app "+app)
	write("views.sync", "view "+view)
	for i, text := range strings.Split(strings.TrimSpace(routes(n)), "\n\n") {
		one = fmt.Sprintf("sync%04d.sync", i)
		write(one, text+"\n")
	}
	return dir, filepath.Join(dir, one)
}

// command builds the legible command.
func command(b *testing.B) string {
	name := filepath.Join(b.TempDir(), "legible")
	if out, err := exec.Command("go", "build", "-o", name, "github.com/legible-lang/legible/cmd/legible").CombinedOutput(); err != nil {
		b.Fatalf("building the command: %v\n%s", err, out)
	}
	return name
}

// BenchmarkCheckCommand1000 is what a person waits for after "legible check" in a
// folder with 999 files of one sync each, with the start of the process.
func BenchmarkCheckCommand1000(b *testing.B) {
	legible := command(b)
	dir, _ := files(b, 999)
	for b.Loop() {
		if out, err := exec.Command(legible, "check", dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "checked 1002 files") {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/check")
}

// BenchmarkCheckWatchClean1000 is what a person waits for who has "legible check
// --watch" open there and saves one file in a program without errors: from the
// write to the last line of what is said, with the time that it lets files
// settle. All flows are analyzed again.
func BenchmarkCheckWatchClean1000(b *testing.B) {
	watch(b, "no findings; watching", func(text string, i int) string {
		return strings.Replace(text, "status: 409", fmt.Sprintf("status: 4%02d", 10+i%80), 1)
	})
}

// BenchmarkCheckWatchWrong1000 is the same for a save that leaves an error behind:
// then no flows are analyzed.
func BenchmarkCheckWatchWrong1000(b *testing.B) {
	watch(b, "1 error; watching", func(text string, i int) string {
		return strings.Replace(text, "respond", fmt.Sprintf("respond%d", i), 1)
	})
}

// watch saves a file again and again, each time with a text of its own, and
// waits until a line of what is said has the part.
func watch(b *testing.B, part string, change func(text string, i int) string) {
	legible := command(b)
	dir, one := files(b, 999)
	text, err := os.ReadFile(one)
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(legible, "check", "--watch", dir)
	talk, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewScanner(talk)
	until := func(part string) {
		for lines.Scan() {
			if strings.Contains(lines.Text(), part) {
				return
			}
		}
		b.Fatalf("it ended before it said %q", part)
	}
	until("no findings; watching")
	for i := 0; b.Loop(); i++ {
		changed := change(string(text), i)
		if changed == string(text) {
			b.Fatal("nothing to save")
		}
		if err := os.WriteFile(one, []byte(changed), 0o644); err != nil {
			b.Fatal(err)
		}
		until(part)
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/change")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		b.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}

func checkRun(b *testing.B, text string, syncs int) {
	text = checkConcepts + text
	for b.Loop() {
		tree, found := syntax.Parse(source.NewFile("bench", text))
		p, ds := flows.Check([]*syntax.File{tree}, check.Options{})
		if len(p.Syncs) != syncs || diag.HasErrors(append(found, ds...)) {
			b.Fatalf("%d syncs, %v", len(p.Syncs), ds)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/check")
}

func BenchmarkCheckRoutes1000(b *testing.B) { checkRun(b, routes(999), 999) }
func BenchmarkCheckCrowd100(b *testing.B)   { checkRun(b, crowd(100), 101) }
func BenchmarkCheckCrowd1000(b *testing.B)  { checkRun(b, crowd(1000), 1001) }
func BenchmarkCheckChain10(b *testing.B)    { checkRun(b, chain(10), 11) }
func BenchmarkCheckChain100(b *testing.B)   { checkRun(b, chain(100), 101) }
