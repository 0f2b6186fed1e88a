package focusstats

import (
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible/value"
)

// A tally holds the sums over sessions at one moment.
type tally struct {
	now       time.Time
	total     time.Duration
	sessions  int
	days      map[string]time.Duration // by date
	documents map[Document]*shelf
}

// A shelf holds the sums of a document.
type shelf struct {
	time     time.Duration
	sessions int
	last     time.Time // when it was begun last
}

func newTally(now time.Time) *tally {
	return &tally{now: now.UTC(), days: map[string]time.Duration{}, documents: map[Document]*shelf{}}
}

// add counts a session. Each part of it counts for the day in which it lies.
func (t *tally) add(row FocusSessionRow) {
	start, end := row.Start.UTC(), t.now
	if row.End != nil {
		end = row.End.UTC()
	} else if last := start.Add(longest); end.After(last) {
		end = last
	}
	t.sessions++
	d := t.documents[row.Document]
	if d == nil {
		d = &shelf{}
		t.documents[row.Document] = d
	}
	d.sessions++
	if start.After(d.last) {
		d.last = start
	}
	t.days[start.Format(time.DateOnly)] += 0 // a day with a session counts for a streak
	for start.Before(end) {
		midnight := time.Date(start.Year(), start.Month(), start.Day()+1, 0, 0, 0, 0, time.UTC)
		until := end
		if midnight.Before(until) {
			until = midnight
		}
		t.days[start.Format(time.DateOnly)] += until.Sub(start)
		t.total += until.Sub(start)
		d.time += until.Sub(start)
		start = until
	}
}

// streaks returns the number of consecutive days with a session, up to today or
// yesterday, and the longest such number.
func (t *tally) streaks() (current, most int) {
	today := t.now.Format(time.DateOnly)
	dates := make([]string, 0, len(t.days))
	for d := range t.days {
		if d <= today { // a day of the future is from a clock that was ahead
			dates = append(dates, d)
		}
	}
	slices.Sort(dates)
	run, before := 0, ""
	for _, d := range dates {
		if before != "" && next(before) == d {
			run++
		} else {
			run = 1
		}
		most, before = max(most, run), d
	}
	if before == today || before != "" && next(before) == today {
		current = run
	}
	return current, most
}

// next returns the date after a date.
func next(date string) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return ""
	}
	return d.AddDate(0, 0, 1).Format(time.DateOnly)
}

// maxShown is the maximum number of days and documents that the statistics list. The
// sums include all of them.
const maxShown = 1000

// record returns the tally in the form that the specification describes as stats.
func (t *tally) record(focusStats string) value.Value {
	field := func(name string, v value.Value) value.Field { return value.Field{Name: name, Value: v} }
	number := func(n int) value.Value { return value.Number(float64(n)) }
	minutes := func(d time.Duration) value.Value { return number(int(d / time.Minute)) }

	dates := make([]string, 0, len(t.days))
	for d := range t.days {
		dates = append(dates, d)
	}
	slices.SortFunc(dates, func(a, b string) int { return strings.Compare(b, a) })
	dates = dates[:min(len(dates), maxShown)]
	days := make([]value.Value, len(dates))
	for i, d := range dates {
		days[i] = value.Record([]value.Field{field("date", value.String(d)), field("minutes", minutes(t.days[d]))})
	}
	ids := make([]Document, 0, len(t.documents))
	for d := range t.documents {
		ids = append(ids, d)
	}
	slices.SortFunc(ids, func(a, b Document) int {
		if c := t.documents[b].last.Compare(t.documents[a].last); c != 0 {
			return c
		}
		return strings.Compare(string(a), string(b))
	})
	ids = ids[:min(len(ids), maxShown)]
	documents := make([]value.Value, len(ids))
	for i, id := range ids {
		d := t.documents[id]
		documents[i] = value.Record([]value.Field{
			field("document", value.String(string(id))), field("minutes", minutes(d.time)), field("sessions", number(d.sessions)),
		})
	}
	current, most := t.streaks()
	return value.Record([]value.Field{
		field("focusStats", value.String(focusStats)),
		field("totalMinutes", minutes(t.total)), field("sessions", number(t.sessions)),
		field("days", value.List(days)), field("documents", value.List(documents)),
		field("streak", number(current)), field("longestStreak", number(most)),
	})
}
