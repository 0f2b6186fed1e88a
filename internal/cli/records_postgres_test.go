package cli_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/cli"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/store/postgres"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// TestRecordsInPostgres wants a record to be read from a database beside the
// node that writes to it.
func TestRecordsInPostgres(t *testing.T) {
	url := pgtest.Start(t, "-c", "fsync=off").URL(t)
	ctx := context.Background()
	st, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if err := st.Prepare(ctx, &store.Schema{}); err != nil {
		t.Fatal(err)
	}
	moment := time.Date(2030, 1, 31, 12, 0, 0, 0, time.UTC)
	id := value.NewIDs().At(moment)
	var w journal.Writer
	w.Begun(moment)
	w.Asked(journal.ActionID{}, "Requesting.request", []string{"method", "path"}, []value.Value{value.String("GET"), value.String("/me")}, nil)
	w.Returned(journal.ActionID{}, "Requesting.request", []string{"request"}, []value.Value{value.String(id.String())})
	if err := st.NewSession(id).Finish(w.Bytes); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Journal(ctx, id); err != nil { // whoever looks waits for what is about to be written
		t.Fatal(err)
	}
	for _, args := range [][]string{{"flow", "list"}, {"flow", "show", id.String()[24:]}} {
		var out, errOut strings.Builder
		code := cli.Run(append(args, "--app", "../../apps/focusreader", "--store", url), strings.NewReader(""), &out, &errOut)
		if code != 0 || !strings.Contains(out.String(), "GET /me: unanswered") {
			t.Errorf("%v: exit code %d, %s%s", args, code, out.String(), errOut.String())
		}
	}
}

// TestMigrateInPostgres brings a database to the specifications of an app, and
// then to those that lose a field.
func TestMigrateInPostgres(t *testing.T) {
	url := pgtest.Start(t, "-c", "fsync=off").URL(t)
	dir := t.TempDir()
	write := func(fields string) {
		t.Helper()
		for name, text := range map[string]string{
			"go.mod":        "module example.org/shop\n",
			"shop.app":      "app Shop\n\nuse Shelving\n",
			"store.concept": "concept Shelving\n\npurpose\n    keep things\n\nstate\n    a set of Things with\n" + fields,
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	run := func(code int, want string, args ...string) {
		t.Helper()
		var out strings.Builder
		got := cli.Run(append([]string{"migrate", dir, "--store", url}, args...), strings.NewReader(""), &out, &out)
		if got != code || !strings.Contains(out.String(), want) {
			t.Errorf("migrate %v exits with %d, want %d, and says\n%swant in it %q", args, got, code, &out, want)
		}
	}
	write("        a title String\n        a shelf String\n")
	run(0, "add", "--plan")
	run(0, "add", "--apply")
	run(0, "there is nothing to do")

	ctx := context.Background()
	st, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Prepare(ctx, st.Schema()); err != nil {
		t.Fatal(err)
	}
	f := st.NewSession(value.NewIDs().At(time.Now()))
	err = f.Insert(st.Schema().Tables[0], "t1", store.Row{value.String("Emma"), value.String("left")})
	if err := errors.Join(err, f.Commit(nil), f.Finish(nil), st.Close()); err != nil {
		t.Fatal(err)
	}
	write("        a title String\n")
	run(1, "shelf")
	run(0, "shelf", "--apply")
	run(0, "there is nothing to do")
}
