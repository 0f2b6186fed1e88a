//go:build unix

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A tables is all members of all sets by id, with their columns by name.
type tables map[string]map[string]map[string]string

// auditStore compares the store with the ledger after an audit: the members are
// those that must exist, nothing belongs to a deleted owner, and the record of each
// flow is complete.
func (l *ledger) auditStore(s keptStore) {
	ctx := context.Background()
	answered := map[string]bool{}
	for _, id := range l.record.unread(l.t, s) {
		b, err := s.Journal(ctx, id)
		if err != nil {
			l.t.Fatal(err)
		}
		_, answered[id.String()] = l.record.flow(l.t, id, b)
	}
	for _, flow := range l.told {
		if !answered[flow] {
			l.differ("somebody was told of success by flow %s, and the record has no such answer", flow)
		}
	}
	l.told = nil
	all := l.tables(s)
	for _, wrong := range orphans(all) {
		l.differ("%s", wrong)
	}
	want := tables{}
	for name := range all {
		want[name] = map[string]map[string]string{}
	}
	for _, s := range append(slices.Clone(l.slots), l.probe) {
		if s.account != nil {
			l.expect(s.account, want, all)
		}
	}
	delete(want, "Limiting.Entry") // the clients do not know temporary counts
	for name, members := range want {
		for id, columns := range members {
			is, there := all[name][id]
			for column, value := range columns {
				if there && value != is[column] {
					l.differ("%s of %s %s is %q, and must be %q", column, name, id, is[column], value)
				}
			}
			if !there {
				l.differ("there is no %s %s, and it must be there: %v", name, id, columns)
			}
		}
		for id, columns := range all[name] {
			if _, there := members[id]; !there {
				l.differ("there is a %s %s of which the clients know nothing, or that must be gone: %v", name, id, columns)
			}
		}
	}
}

// tables reads the store.
func (l *ledger) tables(s keptStore) tables {
	all := tables{}
	flow := s.NewSession(value.NewIDs().At(time.Now()))
	defer flow.Abandon()
	flow.BeginReadOnly()
	for _, t := range l.record.schema.Tables {
		members, err := flow.Find(t, nil, nil, store.Page{})
		if err != nil {
			l.t.Fatal(err)
		}
		all[t.Name()] = map[string]map[string]string{}
		for _, m := range members {
			columns := map[string]string{}
			for i, c := range t.Columns {
				columns[c.Name] = plain(m.Row[i])
			}
			all[t.Name()][m.ID] = columns
		}
	}
	return all
}

// references are the columns that contain members of other sets. If one is required
// in both directions, the numbers are equal.
var references = []struct {
	set, column, of string
	both            bool
}{
	{"Library.Library", "user", "Profile.User", true},
	{"FocusStats.FocusStats", "user", "Profile.User", true},
	{"TextSettings.Default", "user", "Profile.User", true},
	{"Sessioning.Session", "user", "Profile.User", false},
	{"Remembering.Session", "user", "Profile.User", false},
	{"Annotation.Tag", "creator", "Profile.User", false},
	{"FocusStats.FocusSession", "user", "Profile.User", false},
	{"Library.Document", "library", "Library.Library", false},
	{"Annotation.Document", "", "Library.Document", true},
	{"TextSettings.Current", "document", "Library.Document", true},
	{"Annotation.Annotation", "document", "Annotation.Document", false},
	{"Annotation.Annotation", "tags", "Annotation.Tag", false},
	{"Library.Opened", "", "Library.Document", false},
}

// orphans reports what belongs to something that is gone, and what lacks a required
// part.
func orphans(all tables) (wrong []string) {
	for _, r := range references {
		known := map[string]int{}
		for id, columns := range all[r.set] {
			of := columns[r.column]
			if r.column == "" {
				of = id
			}
			for _, one := range items(of) {
				if known[one]++; all[r.of][one] == nil {
					wrong = append(wrong, fmt.Sprintf("%s %s belongs to the %s %s, which is gone: %v", r.set, id, r.of, one, columns))
				}
			}
		}
		if r.both {
			for id := range all[r.of] {
				if known[id] != 1 {
					wrong = append(wrong, fmt.Sprintf("%s %s has %d of %s", r.of, id, known[id], r.set))
				}
			}
		}
	}
	for id := range all["TextSettings.Settings"] {
		if all["TextSettings.Default"][id] == nil && all["TextSettings.Current"][id] == nil {
			wrong = append(wrong, fmt.Sprintf("TextSettings.Settings %s is nobody's", id))
		}
	}
	open := map[string]int{}
	for id, x := range all["FocusStats.FocusSession"] {
		if x["end"] != never {
			continue
		}
		if open[x["user"]]++; open[x["user"]] > 1 {
			wrong = append(wrong, fmt.Sprintf("user %s has two focus sessions that go on", x["user"]))
		}
		if all["Library.Document"][x["document"]] == nil {
			wrong = append(wrong, fmt.Sprintf("the focus session %s goes on in the document %s, which is gone", id, x["document"]))
		}
	}
	for id := range all["Requesting.Request"] {
		wrong = append(wrong, fmt.Sprintf("the request %s is still there", id))
	}
	return wrong
}

// items returns the members in a column: one, or those of a collection.
func items(column string) []string {
	if inside, list := strings.CutPrefix(column, "["); list {
		inside = strings.NewReplacer(`"`, "", "]", "", " ", "").Replace(inside)
		return slices.DeleteFunc(strings.Split(inside, ","), func(s string) bool { return s == "" })
	}
	return []string{column}
}

// expect adds what must exist of an account whose state is known. Unknown ids are
// taken from the store if that is possible.
func (l *ledger) expect(a *holder, want, all tables) {
	put := func(set, id string, pairs ...string) {
		columns := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			columns[pairs[i]] = pairs[i+1]
		}
		want[set][id] = columns
	}
	take := func(set, column, of string) {
		for id, x := range all[set] {
			if x[column] == of {
				want[set][id] = nil
			}
		}
	}
	put("Profile.User", a.user, "username", a.name)
	put("Library.Library", a.library, "user", a.user)
	put("TextSettings.Settings", a.own, "fontSize", a.size[0].value)
	put("TextSettings.Default", a.own, "user", a.user)
	take("FocusStats.FocusStats", "user", a.user)
	for _, x := range a.things[documents] {
		put("Library.Document", x.id, "library", a.library, "name", x.text[0].value, "size", fmt.Sprint(len(x.book)))
		put("Annotation.Document", x.id, "creator", a.user)
		put("TextSettings.Settings", x.own, "fontSize", x.size[0].value)
		put("TextSettings.Current", x.own, "document", x.id)
		is := "no"
		if _, there := all["Library.Opened"][x.id]; there {
			is = "yes"
			want["Library.Opened"][x.id] = nil
		}
		now := l.now()
		if !x.open.may(is, span{now, now}) {
			l.differ("the document %s of %s is opened: %s, and was written as %v", x.id, a.name, is, x.open)
		}
		x.open.settle(is, now)
	}
	for _, x := range a.things[notes] {
		put("Annotation.Annotation", x.id, "creator", a.user, "document", x.of.id, "content", x.text[0].value)
	}
	for _, x := range a.things[tags] {
		put("Annotation.Tag", x.id, "creator", a.user, "title", x.text[0].value)
	}
	for _, x := range a.things[focuses] {
		put("FocusStats.FocusSession", x.id, "user", a.user)
	}
	// A session is identified by the digest of its token. A login without an answer
	// may have created one, if the password is the same.
	spare := 0
	for _, s := range a.lost {
		spare += count1(s.basis == a.current())
	}
	known := map[string]bool{}
	for _, s := range a.sessions {
		known[string(legible.SecretOf(s.token).Digest())] = true
	}
	for _, id := range slices.Sorted(maps.Keys(all["Sessioning.Session"])) {
		x := all["Sessioning.Session"][id]
		if x["user"] != a.user {
			continue
		}
		if known[x["token"]] {
			delete(known, x["token"])
		} else if spare--; spare < 0 {
			l.differ("%s has the session %s that nobody was given, or that has ended: %v", a.name, id, x)
		}
		want["Sessioning.Session"][id] = nil
	}
	// Each login is remembered until the password changes.
	least, most, remembered := 0, 0, 0
	for _, d := range a.current().logins {
		least, most = least+count1(d.fate == done), most+count1(d.fate != undone)
	}
	for id, x := range all["Remembering.Session"] {
		if x["user"] == a.user {
			remembered++
			want["Remembering.Session"][id] = nil
		}
	}
	if remembered < least || remembered > most {
		l.differ("%s is remembered %d times, and has logged in %d to %d times with its password", a.name, remembered, least, most)
	}
	if len(known) > 0 {
		l.differ("%s has %d live sessions that are not in the store", a.name, len(known))
	}
}
