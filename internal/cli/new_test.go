package cli_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/cli"
)

// TestNewRuns does what "legible new" says is next: what it made is vetted,
// tested and served. Its module finds this one through a workspace in place of
// "go mod tidy". The names are such as Go might stumble over.
func TestNewRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program: .ci/run runs it, as does go test without -short")
	}
	here, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "")
	t.Chdir(t.TempDir())
	made := []string{}
	legible := func(args ...string) {
		t.Helper()
		var out, talk bytes.Buffer
		if code := cli.Run(args, strings.NewReader(""), &out, &talk); code != 0 {
			t.Fatalf("legible %s ends with %d and says\n%s", strings.Join(args, " "), code, &talk)
		}
		made = append(made, strings.Fields(out.String())...)
	}
	command := func(name string, args ...string) string {
		t.Helper()
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s %s (%v) says\n%s", name, strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	legible("new", "app", "Guestbook")
	t.Chdir("guestbook")
	command("go", "mod", "init", "example.org/guestbook")
	command("go", "work", "init", ".", here)
	for _, name := range []string{"Signing", "User", "Entry", "Context", "Strings", "Concept", "A"} {
		legible("new", "concept", name)
	}
	legible("new", "sync", "ListEntries")
	if said := command("gofmt", "-l", "."); said != "" {
		t.Errorf("gofmt would change %s", said)
	}
	command("go", "vet", "./...")
	played := command("go", "test", "-v", "./...")
	if n := strings.Count(played, "--- PASS: TestScenarios/"); n != 8 {
		t.Errorf("%d scenarios were played, not one of the app and one of each of 7 concepts:\n%s", n, played)
	}
	if want := 6 + 7*4 + 1; len(made) != want {
		t.Errorf("%d files were made, not %d: %v", len(made), want, made)
	}

	command("go", "build", "-o", "served", ".")
	cmd := exec.Command("./served", "--addr", "127.0.0.1:0")
	talk, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(talk).ReadString('\n')
	address := regexp.MustCompile(`http://\S+`).FindString(line)
	get := func(path, want string) {
		t.Helper()
		w, err := http.Get(address + path)
		if err != nil {
			t.Errorf("the program said %q when it began, and then %v", line, err)
			return
		}
		defer w.Body.Close()
		if text, err := io.ReadAll(w.Body); err != nil || strings.TrimSpace(string(text)) != want {
			t.Errorf("GET %s is answered %s (%v), not %s", path, text, err, want)
		}
	}
	get("/?name=ann", `{"message":"Hello, ann."}`)
	get("/list-entries", `{"message":"ListEntries answers."}`)
	http.DefaultClient.CloseIdleConnections()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("interrupted, the program ended with %v", err)
	}
	if _, err := os.Stat("guestbook.db"); err != nil {
		t.Errorf("the program has not kept what it did: %v", err)
	}
}
