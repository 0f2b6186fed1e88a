package cli_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	app "github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
)

// TestReplayRuns makes a record in a store on disk, and runs it again: with the
// same program, of which nothing may be told, and with another one.
func TestReplayRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	store := filepath.Join(t.TempDir(), "reader.db")
	live(t, store)
	t.Chdir("testdata/replay")

	code, out, errOut := legible("replay", "sqlite:"+store, "--app", "reader")
	if code != 0 || out != "" || !strings.Contains(errOut, "10 flows run again: no differences\n") {
		t.Errorf("the same program: exit %d\n%s--- talk\n%s", code, out, errOut)
	}
	if !strings.Contains(errOut, "1 flow not replayed: its secret password is not in the record, and the value used in its place was refused (POST /login, ") {
		t.Errorf("of the login with a password that was changed it is said\n%s", errOut)
	}
	export := filepath.Join(t.TempDir(), "reader.jsonl")
	if code, _, errOut := legible("journal", "export", export, "--store", store); code != 0 {
		t.Fatal(errOut)
	}
	if code, out, errOut := legible("replay", export, "--app", "reader"); code != 0 || out != "" || !strings.Contains(errOut, "10 flows run again: no differences\n") {
		t.Errorf("from an export: exit %d\n%s--- talk\n%s", code, out, errOut)
	}

	code, out, errOut = legible("replay", store, "--app", "reader", "--with", "next", "--first", "0")
	if want := readFile(t, "next.txt"); code != 1 || normalStories(out) != want {
		if *update {
			if err := os.WriteFile("next.txt", []byte(normalStories(out)), 0o644); err != nil {
				t.Fatal(err)
			}
		} else {
			t.Errorf("with other texts: exit %d, got\n%s\nwant\n%s--- talk\n%s", code, normalStories(out), want, errOut)
		}
	}
	code, out, errOut = legible("replay", store, "--app", "reader", "--with", "next", "--first", "1")
	if code != 1 || strings.Count(out, "\n\n") != 1 || !strings.Contains(errOut, "these are the first 1, and later differences may follow from the first") {
		t.Errorf("the first story alone: exit %d\n%s--- talk\n%s", code, out, errOut)
	}
	code, out, _ = legible("replay", store, "--app", "reader", "--with", "next", "--json", "-n", "2")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	// One of the two is what the clock started when the app did.
	if code != 0 || len(lines) != 2 || !strings.Contains(lines[0]+lines[1], `"request":"POST /register"`) {
		t.Errorf("the first two flows as JSON: exit %d\n%s", code, out)
	}
	for args, want := range map[string]string{
		"one two":                        "takes one store or one export",
		"--sync LogIn":                   "has no flag --sync",
		"nothing.db --app reader":        "there is no file or folder nothing.db",
		store + " --app reader --with x": "there is no file or folder x",
		store + " --app ../color.txtar":  "",
	} {
		if code, _, errOut := legible(append([]string{"replay"}, strings.Fields(args)...)...); code != 2 || !strings.Contains(errOut, want) {
			t.Errorf("replay %s: exit %d, %s", args, code, errOut)
		}
	}
	// An app without a test that plays its scenarios is told how to get one.
	if code, _, errOut := legible("replay", store, "--app", "next"); code != 2 || !strings.Contains(errOut, "func TestScenarios(t *testing.T) { scenario.App(t, New) }") {
		t.Errorf("without a test: exit %d, %s", code, errOut)
	}
}

// live sends an app of its own what two people do.
func live(t *testing.T, store string) {
	t.Helper()
	program := app.New(os.DirFS("testdata/replay/reader"), requesting.New, profile.New, sessioning.New)
	a, err := program.Open(context.Background(), app.Options{Store: "sqlite:" + store, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	post := func(path, body string) map[string]any {
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		var answer map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return answer
	}
	session := func(name, password string) string {
		answer := post("/login", fmt.Sprintf(`{"username": %q, "password": %q}`, name, password))
		return fmt.Sprintf(`{"session": %q`, answer["session"])
	}
	post("/register", `{"username": "ann", "password": "correct horse"}`)
	post("/register", `{"username": "bob", "password": "battery staple"}`)
	post("/login", `{"username": "ann", "password": "wrong horse"}`)
	ann, bob := session("ann", "correct horse"), session("bob", "battery staple")
	post("/me", ann+`}`)
	post("/me", bob+`}`)
	post("/me", `{"session": "nobody's"}`)
	post("/change", ann+`, "oldPassword": "correct horse", "newPassword": "another horse"}`)
	post("/logout", bob+`}`)
	session("ann", "another horse")
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

var momentPattern = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z`)

func normalStories(text string) string {
	return momentPattern.ReplaceAllString(normal(text), "MOMENT")
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil && !*update {
		t.Fatal(err)
	}
	return string(b)
}
