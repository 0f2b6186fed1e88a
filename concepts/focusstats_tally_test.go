package concepts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/focusstats"
	"github.com/legible-lang/legible/value"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	m, err := time.Parse(time.DateTime, s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestTally counts sessions as of 2030-03-10 20:00.
func TestTally(t *testing.T) {
	type session struct{ document, start, end string }
	for name, c := range map[string]struct {
		sessions []session
		want     string
	}{
		"nothing": {nil, `{"focusStats":"s","totalMinutes":0,"sessions":0,"days":[],"documents":[],"streak":0,"longestStreak":0}`},
		"over midnight": {
			[]session{{"a", "2030-03-08 23:30:00", "2030-03-09 00:45:30"}},
			`{"focusStats":"s","totalMinutes":75,"sessions":1,"days":[{"date":"2030-03-09","minutes":45},{"date":"2030-03-08","minutes":30}],` +
				`"documents":[{"document":"a","minutes":75,"sessions":1}],"streak":2,"longestStreak":2}`,
		},
		"open, and left open": {
			[]session{{"a", "2030-03-10 01:00:00", ""}, {"b", "2030-03-10 19:50:00", ""}},
			`{"focusStats":"s","totalMinutes":250,"sessions":2,"days":[{"date":"2030-03-10","minutes":250}],` +
				`"documents":[{"document":"b","minutes":10,"sessions":1},{"document":"a","minutes":240,"sessions":1}],"streak":1,"longestStreak":1}`,
		},
		"begun and ended while the clock was ahead, and begun then": {
			[]session{
				{"a", "2030-03-10 10:00:00", "2030-03-10 10:10:00"}, {"a", "2031-03-10 10:00:00", "2031-03-10 10:10:00"},
				{"a", "2031-03-11 10:00:00", ""},
			},
			`{"focusStats":"s","totalMinutes":20,"sessions":3,"days":[{"date":"2031-03-11","minutes":0},{"date":"2031-03-10","minutes":10},` +
				`{"date":"2030-03-10","minutes":10}],"documents":[{"document":"a","minutes":20,"sessions":3}],"streak":1,"longestStreak":1}`,
		},
		"a streak that is over": {
			[]session{
				{"a", "2030-03-04 10:00:00", "2030-03-04 10:10:00"}, {"a", "2030-03-05 10:00:00", "2030-03-05 10:10:00"},
				{"a", "2030-03-06 10:00:00", "2030-03-06 10:10:00"}, {"a", "2030-03-08 10:00:00", "2030-03-08 10:00:00"},
			},
			`{"focusStats":"s","totalMinutes":30,"sessions":4,"days":[{"date":"2030-03-08","minutes":0},{"date":"2030-03-06","minutes":10},` +
				`{"date":"2030-03-05","minutes":10},{"date":"2030-03-04","minutes":10}],` +
				`"documents":[{"document":"a","minutes":30,"sessions":4}],"streak":0,"longestStreak":3}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := openFocusStats(t)
			f.Now = at(t, "2030-03-10 20:00:00")
			f.do(func(ctx legible.Context) error {
				for _, s := range c.sessions {
					row := focusstats.FocusSessionRow{User: "ann", Document: focusstats.Document(s.document), Library: "l", Start: at(t, s.start)}
					if s.end != "" {
						row.End = new(at(t, s.end))
					}
					if _, err := f.c.FocusSessions.Insert(ctx, row); err != nil {
						return err
					}
				}
				id, _, _ := f.c.FocusStats.ByUser(ctx, "ann")
				out, found, err := f.c.ViewStats(ctx, focusstats.ViewStatsIn{User: "ann"})
				if err != nil || !found {
					return fmt.Errorf("ann has statistics: %v, %w", found, err)
				}
				if got := strings.Replace(string(value.AppendJSON(nil, out.Stats)), string(id), "s", 1); got != c.want {
					t.Errorf("the statistics are\n%s\nwant\n%s", got, c.want)
				}
				return nil
			})
		})
	}
}
