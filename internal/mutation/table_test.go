package mutation

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const data = "internal/mutation/testdata"

// loaded loads the programs once for all tests.
var loaded = sync.OnceValues(func() ([]*Program, error) {
	if err := os.Chdir("../.."); err != nil {
		return nil, err
	}
	return Programs(".")
})

func table(t *testing.T) []*Mutation {
	t.Helper()
	programs, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	list, err := Table(programs, data)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestTable verifies that what speaks first names the place of every mutation of the
// table, but for those in notyet.txt, and that these are named wrongly as it says.
func TestTable(t *testing.T) {
	list := table(t)
	if len(list) < 400 {
		t.Errorf("the table has %d mutations, want at least 400", len(list))
	}
	ids := map[string]bool{}
	for _, m := range list {
		if ids[m.ID] {
			t.Errorf("two mutations have the ID %q", m.ID)
		}
		ids[m.ID] = true
	}
	reasons, err := Reasons(data)
	if err != nil {
		t.Fatal(err)
	}
	notYet, err := NotYet(data)
	if err != nil {
		t.Fatal(err)
	}
	for id := range notYet {
		if !ids[id] {
			t.Errorf("notyet.txt has a mutation that the table does not have: %s", id)
		}
	}
	if testing.Short() {
		var sample []*Mutation
		for i := 0; i < len(list); i += 12 {
			sample = append(sample, list[i])
		}
		list = sample
	}
	for _, r := range Judge(list, reasons) {
		knowable := r.Verdict < Equivalent && r.Verdict != Right
		switch want := notYet[r.ID]; {
		case !knowable && want != "":
			t.Errorf("%s: it is %s now; remove it from notyet.txt (go run ./internal/mutation/score -update)", r.ID, r.Verdict)
		case knowable && want != r.Verdict.String():
			var b strings.Builder
			Show(&b, r)
			t.Errorf("the place is not named:\n%s", b.String())
		}
	}
}

// TestReasons verifies that the lists of reasons have no mutation that nobody makes.
func TestReasons(t *testing.T) {
	list := table(t)
	reasons, err := Reasons(data)
	if err != nil {
		t.Fatal(err)
	}
	programs, _ := loaded()
	for _, p := range programs {
		list = append(list, Operate(p)...)
	}
	for _, r := range reasons {
		if !slices.ContainsFunc(list, func(m *Mutation) bool { _, ok := ReasonList{r}.of(m.ID); return ok }) {
			t.Errorf("there is no mutation %s; remove it from the list of reasons", r.ID)
		}
	}
}

// TestGuestBook verifies that the specification of Signing is the one of the tutorial.
func TestGuestBook(t *testing.T) {
	if _, err := loaded(); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("docs", "tutorial.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"signing.concept", "signing.go"} {
		text, err := os.ReadFile(filepath.Join("internal/mutation/programs/signing", name))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(page), fmt.Sprintf("in signing/%s\n%s```", name, text)) {
			t.Errorf("signing/%s differs from the tutorial", name)
		}
	}
}
