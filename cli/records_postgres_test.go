package cli_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/cli"
	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/postgres"
	"github.com/legible-lang/legible/store/postgres/pgtest"
	"github.com/legible-lang/legible/value"
)

// TestRecordsInPostgres wants a record to be read from a database beside the
// node that writes to it.
func TestRecordsInPostgres(t *testing.T) {
	url := pgtest.Start(t, "-c", "fsync=off").URL(t)
	t.Cleanup(pgtest.Stop)
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
	if err := st.Begin(id).Rest(w.Bytes); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Journal(ctx, id); err != nil { // whoever looks waits for what is about to be written
		t.Fatal(err)
	}
	for _, args := range [][]string{{"flow", "list"}, {"flow", "show", id.String()[24:]}} {
		var out, errOut strings.Builder
		code := cli.Run(append(args, "--app", "../apps/focusreader", "--store", url), strings.NewReader(""), &out, &errOut)
		if code != 0 || !strings.Contains(out.String(), "GET /me: unanswered") {
			t.Errorf("%v: exit code %d, %s%s", args, code, out.String(), errOut.String())
		}
	}
}
