package bench

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/legible-lang/legible/internal/store/sqlite"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A flow inserts a session and has two lots of entries.
var (
	asked = make([]byte, 300)
	ended = make([]byte, 200)
)

func sessions() *store.Schema {
	return &store.Schema{Tables: []*store.Table{{
		Instance: "Session", Set: "Session",
		Columns: []store.Column{{Name: "user"}, {Name: "token"}, {Name: "until", Type: store.Moment}},
		Unique:  [][]int{{1}},
	}}}
}

// BenchmarkDurableFlow makes flows durable: each client waits for its own before it
// begins the next. "raw" puts the same rows into the same tables with the
// driver, as many as are waiting in one transaction; "single" does it with a
// transaction, and so a flush, for each. "flush" is what one flush of the same
// disk takes by itself.
func BenchmarkDurableFlow(b *testing.B) {
	b.Run("flush", flush)
	for _, clients := range []int{1, 16, 128} {
		var raw, own float64
		b.Run(fmt.Sprintf("clients=%d/single", clients), func(b *testing.B) { rate(b, clients, openRaw(b, 1)) })
		b.Run(fmt.Sprintf("clients=%d/raw", clients), func(b *testing.B) { raw = rate(b, clients, openRaw(b, 1024)) })
		b.Run(fmt.Sprintf("clients=%d/store", clients), func(b *testing.B) {
			own = rate(b, clients, openStore(b))
			if raw > 0 {
				b.ReportMetric(own/raw, "of-raw")
			}
		})
	}
}

// flush appends what a flow writes to a file and flushes it, as the log of a
// database is.
func flush(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4*4120)
	var took []time.Duration
	for range b.N {
		begun := time.Now()
		if _, err := f.Write(page); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun))
	}
	within(b, took)
}

// within reports in which time half of all, and 99 of 100, were done.
func within(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}

type session struct {
	flow            value.ID
	id, user, token string
	until           int64
}

// rate lets clients make sessions and gives how many a second.
func rate(b *testing.B, clients int, put func(session) error) float64 {
	ids := value.NewIDs()
	var next atomic.Int64
	var group sync.WaitGroup
	var mu sync.Mutex
	var all []time.Duration
	b.ResetTimer()
	start := time.Now()
	for range clients {
		group.Add(1)
		go func() {
			defer group.Done()
			took := make([]time.Duration, 0, b.N/clients+1)
			defer func() {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, took...)
			}()
			for next.Add(1) <= int64(b.N) {
				flow := ids.At(time.Now())
				name := flow.String()
				begun := time.Now()
				if err := put(session{flow, name, "user-" + name[:8], "token-" + name, 1e12}); err != nil {
					b.Error(err)
					return
				}
				took = append(took, time.Since(begun))
			}
		}()
	}
	group.Wait()
	took := time.Since(start)
	b.StopTimer()
	perSecond := float64(b.N) / took.Seconds()
	b.ReportMetric(perSecond, "flows/s")
	if len(all) > 0 {
		within(b, all)
	}
	return perSecond
}

func openStore(b *testing.B) func(session) error {
	s, err := sqlite.Open(filepath.Join(b.TempDir(), "store.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	schema := sessions()
	if err := s.Prepare(context.Background(), schema); err != nil {
		b.Fatal(err)
	}
	table := schema.Tables[0]
	return func(x session) error {
		f := s.NewSession(x.flow)
		row := store.Row{value.String(x.user), value.String(x.token), value.Time(time.UnixMilli(x.until))}
		if err := f.Insert(table, x.id, row); err != nil {
			f.Abandon()
			return err
		}
		if err := f.Commit(asked); err != nil {
			return err
		}
		return f.Finish(ended)
	}
}

// openRaw commits as many together as wait, at most so many.
func openRaw(b *testing.B, most int) func(session) error {
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "raw.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-65536)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, text := range []string{
		`CREATE TABLE session (_order INTEGER PRIMARY KEY, _id TEXT NOT NULL UNIQUE, user TEXT, token TEXT, until INTEGER) STRICT`,
		`CREATE UNIQUE INDEX session_token ON session (token)`,
		`CREATE TABLE journal (flow BLOB, part INTEGER, data BLOB, PRIMARY KEY (flow, part)) STRICT, WITHOUT ROWID`,
	} {
		if _, err := db.Exec(text); err != nil {
			b.Fatal(err)
		}
	}
	insert, err := db.Prepare(`INSERT INTO session (_id, user, token, until) VALUES (?, ?, ?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	journal, err := db.Prepare(`INSERT INTO journal (flow, part, data) VALUES (?, ?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	entries := append(append([]byte{}, asked...), ended...)
	return grouped(b, most, func() { db.Close() }, func(batch []*job) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		insert, journal := tx.Stmt(insert), tx.Stmt(journal)
		for _, j := range batch {
			if _, err := insert.Exec(j.id, j.user, j.token, j.until); err != nil {
				tx.Rollback()
				return err
			}
			if _, err := journal.Exec(j.flow[:], 1, entries); err != nil {
				tx.Rollback()
				return err
			}
		}
		return tx.Commit()
	})
}

// A job is a session that somebody waits for.
type job struct {
	session
	done chan error
}

// grouped commits what is waiting together.
func grouped(b *testing.B, most int, end func(), commit func([]*job) error) func(session) error {
	jobs := make(chan *job, 1024)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for first := range jobs {
			batch := []*job{first}
		more:
			for len(batch) < most {
				select {
				case j, ok := <-jobs:
					if !ok {
						break more
					}
					batch = append(batch, j)
				default:
					break more
				}
			}
			err := commit(batch)
			for _, j := range batch {
				j.done <- err
			}
		}
	}()
	b.Cleanup(func() { close(jobs); <-ended; end() })
	return func(x session) error {
		j := &job{x, make(chan error, 1)}
		jobs <- j
		return <-j.done
	}
}
