package engine_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/engine"
	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

const overdue = `concept Renting

purpose
    lend things until a moment

state
    a set of Loans with
        a thing String
        an ends DateTime
    a set of Ends with
        a loan Loan

actions
    system finish (loan: Loan) : ()
        at ends of loan
`

// overdueFile names the store of a process that finishes what is overdue until
// it is killed.
const overdueFile = "ENGINE_TEST_OVERDUE"

// A depot is a store on disk with loans that end, and an engine on it.
type depot struct {
	store  store.Store
	engine *engine.Engine
	loans  *store.Table
	ends   *store.Table
	ended  int // by this process
}

// openDepot tells of each hundredth loan that it ends.
func openDepot(file string, tell func()) (*depot, error) {
	p, err := built(overdue)
	if err != nil {
		return nil, err
	}
	st, err := sqlite.Open(file, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	schema := engine.Schema(p)
	if err := st.Prepare(context.Background(), schema); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	d := &depot{store: st, loans: schema.Tables[0], ends: schema.Tables[1]}
	d.engine, err = engine.New(p, st, schema, map[string]engine.Methods{"Renting": {Actions: map[string]engine.Method{
		"finish": func(ctx engine.Context, in, _ []value.Value) error {
			loan, _ := in[0].Text()
			if d.ended++; d.ended%100 == 0 && tell != nil {
				tell()
			}
			if err := ctx.State().Insert(d.ends, ctx.NewID(), store.Row{in[0]}); err != nil {
				return err
			}
			if n, err := strconv.Atoi(loan); err != nil || n%2 == 0 {
				return err // it stays due
			}
			return ctx.State().Delete(d.loans, loan)
		},
	}}}, engine.Options{Clock: func() time.Time { return time.UnixMilli(1_900_000_000_000) }})
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return d, nil
}

// work goes on with what an earlier process left, and starts what is due.
func (d *depot) work() (started int, err error) {
	ctx := context.Background()
	if err := d.engine.Recover(ctx, nil); err != nil {
		return 0, err
	}
	return d.engine.Tick(ctx)
}

// finishOverdue is the process that is killed.
func finishOverdue(file string) {
	d, err := openDepot(file, func() { fmt.Println("a hundred") })
	if err == nil {
		_, err = d.work()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// TestTimersKilled has thousands of members fall due at once, and kills the
// process that starts their actions again and again. In the end each action has
// happened once.
func TestTimersKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes, which takes a few seconds")
	}
	const loans, kills = 10_000, 8
	file := filepath.Join(t.TempDir(), "loans.db")
	d, err := openDepot(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	seed := d.store.NewSession(value.NewIDs().At(time.UnixMilli(1_800_000_000_000)))
	for n := range loans {
		row := store.Row{value.String("thing"), value.Time(time.UnixMilli(1_899_000_000_000 + int64(n%100)))}
		if err := seed.Insert(d.loans, strconv.Itoa(n), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(seed.Commit(nil), seed.Finish(nil), d.store.Close()); err != nil {
		t.Fatal(err)
	}
	ended := func() (ends, left int) {
		t.Helper()
		d, err := openDepot(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := d.store.Close(); err != nil {
				t.Error(err)
			}
		}()
		f := d.store.NewSession(value.NewIDs().At(time.UnixMilli(1_900_000_000_000)))
		defer f.Abandon()
		ended := map[string]int{}
		members, err := f.Find(d.ends, nil, nil, store.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			loan, _ := m.Row[0].Text()
			if ended[loan]++; ended[loan] > 1 {
				t.Errorf("loan %s has ended %d times", loan, ended[loan])
			}
		}
		stay, err := f.Find(d.loans, nil, nil, store.Page{})
		if err != nil {
			t.Fatal(err)
		}
		return len(members), len(stay)
	}
	last := 0
	for kill := range kills {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), overdueFile+"="+file)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + kill {
			lines.Scan()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatalf("the process ended by itself: %v", err)
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
			t.Fatalf("the process ended by itself: %v", err)
		}
		ends, _ := ended()
		if ends < last+90*(1+kill) || ends == loans {
			t.Errorf("when it was killed the process had ended %d loans more, of %d: the test tries nothing", ends-last, loans)
		}
		last = ends
	}
	if d, err = openDepot(file, nil); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	started, err := d.work()
	t.Logf("%d of %d had ended when the last process was killed; %d more in %s", last, loans, started, time.Since(began).Round(time.Millisecond))
	again, againErr := d.engine.Tick(context.Background())
	if err := errors.Join(err, againErr, d.store.Close()); err != nil || again != 0 {
		t.Errorf("afterwards %d were started again: %v", again, err)
	}
	if ends, left := ended(); ends != loans || left != loans/2 {
		t.Errorf("%d of %d loans ended and %d stay, not %d", ends, loans, left, loans/2)
	}
}
