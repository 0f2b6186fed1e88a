package inspect

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// A programView is the data of the page of the whole program.
type programView struct {
	Files   []string
	File    string
	Picture *mapPicture
	Rows    []programRow
	Hidden  int // syncs that have no room in the table
	Sync    *programSync
	Count   counts
	Opened  time.Time
	Asleep  int // syncs that have not fired
	Empty   bool
}

// A programRow is one sync in the table.
type programRow struct {
	Name, Link     string
	Place, Source  string
	Starts, Asks   []string
	Reads          []string
	Answers        bool
	Fired, Dropped int64
	Each           string // how long a firing took in the mean
	Selected       bool
}

// A programSync is the selected sync.
type programSync struct {
	programRow
	Text  *excerpt
	Flows string // a link to its flows
}

const programRows = 1000

// programPage shows every sync, what it waits for, what it asks, and how often
// it fired.
func (in *Inspector) programPage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	c := in.counted()
	v := programView{Files: in.program.files, Count: c, Opened: in.opened, Empty: len(in.program.syncs) == 0}
	if slices.Contains(v.Files, query.Get("file")) {
		v.File = query.Get("file")
	}
	selected := in.byName[query.Get(bySync)]
	v.Picture = in.program.draw(c, v.File, selected)
	for _, s := range in.program.syncs {
		if v.File != "" && s.File != v.File {
			continue
		}
		if len(v.Rows) == programRows {
			v.Hidden++
			continue
		}
		n := c.bySync[s.Sync.Name]
		row := programRow{
			Name: s.Sync.Name, Link: "?" + bySync + "=" + s.Sync.Name + "#detail", Place: place(s.Sync.Span),
			Source: sourceLink(s.File, s.Sync.Span.Position().Line), Starts: s.Starts, Asks: s.Asks, Reads: s.Reads,
			Answers: s.Answers, Fired: n.fired, Dropped: n.dropped, Each: n.each(), Selected: s.Sync == selected,
		}
		if v.File != "" {
			row.Link = strings.Replace(row.Link, "?", "?file="+v.File+"&", 1)
		}
		if n.fired == 0 {
			v.Asleep++
		}
		v.Rows = append(v.Rows, row)
		if s.Sync == selected {
			v.Sync = &programSync{row, excerptOf(s.Sync.Span), "/?" + bySync + "=" + s.Sync.Name}
		}
	}
	in.render(w, r, http.StatusOK, "program", "Program", v)
}
