package bench

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/legible-lang/legible/internal/store/postgres"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func TestMain(m *testing.M) {
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

// BenchmarkDurablePostgres is BenchmarkDurableFlow with a PostgreSQL server that flushes. "raw"
// sends the rows of all that wait in one transaction and one go, which is as
// fast as the driver can be told without COPY; it asks nothing and looks at no
// answer but the last. "nodes" are stores that share the database.
func BenchmarkDurablePostgres(b *testing.B) {
	for _, clients := range []int{1, 16, 128} {
		var raw float64
		b.Run(fmt.Sprintf("clients=%d/single", clients), func(b *testing.B) { rate(b, clients, openRawPostgres(b, 1)) })
		b.Run(fmt.Sprintf("clients=%d/raw", clients), func(b *testing.B) { raw = rate(b, clients, openRawPostgres(b, 1024)) })
		for _, nodes := range []int{1, 2} {
			b.Run(fmt.Sprintf("clients=%d/nodes=%d", clients, nodes), func(b *testing.B) {
				own := rate(b, clients, openPostgres(b, nodes))
				if raw > 0 {
					b.ReportMetric(own/raw, "of-raw")
				}
			})
		}
	}
}

func openPostgres(b *testing.B, nodes int) func(session) error {
	ctx := context.Background()
	url := pgtest.Start(b).URL(b)
	var stores []*postgres.Store
	var tables []*store.Table
	for range nodes {
		s, err := postgres.Open(ctx, url, postgres.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		schema := sessions()
		if err := s.Prepare(ctx, schema); err != nil {
			b.Fatal(err)
		}
		stores, tables = append(stores, s), append(tables, schema.Tables[0])
	}
	return func(x session) error {
		n := int(x.flow[15]) % nodes
		f := stores[n].NewSession(x.flow)
		row := store.Row{value.String(x.user), value.String(x.token), value.Time(time.UnixMilli(x.until))}
		if err := f.Insert(tables[n], x.id, row); err != nil {
			f.Abandon()
			return err
		}
		if err := f.Commit(asked); err != nil {
			return err
		}
		return f.Finish(ended)
	}
}

func openRawPostgres(b *testing.B, most int) func(session) error {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, pgtest.Start(b).URL(b))
	if err != nil {
		b.Fatal(err)
	}
	for _, text := range []string{
		`CREATE TABLE session (_order BIGINT PRIMARY KEY, _id TEXT NOT NULL UNIQUE, "user" TEXT, token TEXT, until BIGINT)`,
		`CREATE UNIQUE INDEX session_token ON session (token)`,
		`CREATE TABLE journal (flow BYTEA, part BIGINT, data BYTEA, PRIMARY KEY (flow, part))`,
	} {
		if _, err := c.Exec(ctx, text); err != nil {
			b.Fatal(err)
		}
	}
	entries := append(append([]byte{}, asked...), ended...)
	order := int64(0)
	return grouped(b, most, func() { c.Close(ctx) }, func(batch []*job) error {
		all := &pgx.Batch{}
		all.Queue("BEGIN")
		for _, j := range batch {
			order++
			all.Queue(`INSERT INTO session (_order, _id, "user", token, until) VALUES ($1, $2, $3, $4, $5)`, order, j.id, j.user, j.token, j.until)
			all.Queue("INSERT INTO journal (flow, part, data) VALUES ($1, 1, $2)", j.flow[:], entries)
		}
		all.Queue("COMMIT")
		return c.SendBatch(ctx, all).Close()
	})
}
