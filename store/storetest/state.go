package storetest

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

func testMembers(t *testing.T, p *place) {
	f := p.begin()
	defer f.Abandon()
	if row, err := f.Get(p.user, "u1"); row != nil || err != nil {
		t.Errorf("an empty store gives %v, %v for a member, want nothing", row, err)
	}
	var gone *store.MemberError
	if err := f.Update(p.user, "u1", named("ada")); !errors.As(err, &gone) || gone.Exists || gone.ID != "u1" {
		t.Errorf("updating a member that is not there gives %v", err)
	}
	if err := f.Delete(p.user, "u1"); !errors.As(err, &gone) || gone.Exists {
		t.Errorf("deleting a member that is not there gives %v", err)
	}
	if err := f.Insert(p.user, "u1", named("ada")); err != nil {
		t.Fatal(err)
	}
	if err := f.Insert(p.user, "u1", named("other")); !errors.As(err, &gone) || !gone.Exists {
		t.Errorf("inserting a member a second time gives %v", err)
	}
	if row, _ := f.Get(p.user, "u1"); !sameRow(row, named("ada")) {
		t.Errorf("a flow does not see its own insertion: %v", row)
	}
	if err := f.Update(p.user, "u1", named("eve")); err != nil {
		t.Fatal(err)
	}
	if row, _ := f.Get(p.user, "u1"); !sameRow(row, named("eve")) {
		t.Errorf("a flow does not see its own update: %v", row)
	}
	if err := f.Delete(p.user, "u1"); err != nil {
		t.Fatal(err)
	}
	if row, _ := f.Get(p.user, "u1"); row != nil {
		t.Errorf("a flow still sees what it has deleted: %v", row)
	}
	if err := f.Insert(p.user, "u1", named("eve")); err != nil {
		t.Errorf("inserting again what was deleted: %v", err)
	}
	// A set without fields has members too.
	if err := errors.Join(f.Insert(p.admin, "u1", store.Row{value.Number(1), texts()}), f.Insert(p.owner, "u1", store.Row{}), f.Update(p.owner, "u1", store.Row{})); err != nil {
		t.Fatal(err)
	}
	if row, err := f.Get(p.owner, "u1"); row == nil || err != nil {
		t.Errorf("a member of a set without fields is not found: %v", err)
	}
	if err := f.Update(p.owner, "u2", store.Row{}); !errors.As(err, &gone) {
		t.Errorf("updating what is not there in a set without fields gives %v", err)
	}
}

func testTransactions(t *testing.T, p *place) {
	f := p.begin()
	if err := f.Insert(p.user, "u1", named("ada")); err != nil {
		t.Fatal(err)
	}
	f.Rollback()
	if row := p.get(p.user, "u1"); row != nil {
		t.Errorf("what was undone is there: %v", row)
	}
	f.Rollback() // without a transaction: nothing
	if err := errors.Join(f.Insert(p.user, "u1", named("ada")), f.Commit([]byte("a"))); err != nil {
		t.Fatal(err)
	}
	if row := p.get(p.user, "u1"); row == nil {
		t.Error("what was kept is not there for others")
	}
	f.Begin()
	f.Begin() // a transaction is there already
	if row, err := f.Get(p.user, "u1"); row == nil || err != nil {
		t.Errorf("a flow does not see in its transaction what is there: %v", err)
	}
	if err := errors.Join(f.Update(p.user, "u1", named("eve")), f.Insert(p.user, "u2", named("ada"))); err != nil {
		t.Fatal(err)
	}
	f.Rollback()
	if row := p.get(p.user, "u1"); !sameRow(row, named("ada")) {
		t.Errorf("an update that was undone left %v", row)
	}
	// Finish and Abandon end a transaction, too.
	g := p.begin()
	if err := errors.Join(g.Insert(p.user, "u3", named("may")), g.Finish([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	if p.get(p.user, "u3") == nil {
		t.Error("rest in a transaction has not kept what was written")
	}
	g = p.begin()
	if err := g.Insert(p.user, "u4", named("joe")); err != nil {
		t.Fatal(err)
	}
	g.Abandon()
	if p.get(p.user, "u4") != nil {
		t.Error("leaving in a transaction has kept what was written")
	}
	if err := f.Finish(nil); err != nil {
		t.Error(err)
	}
}

func testReadOnlyTx(t *testing.T, p *place) {
	p.do(insert(p.user, "u1", named("ada")))
	f, g := p.begin(), p.begin()
	defer f.Abandon()
	defer g.Abandon()
	if err := errors.Join(f.Insert(p.user, "u2", named("eve")), f.Commit([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	f.BeginReadOnly()
	f.BeginReadOnly() // a transaction is there already
	f.Begin()
	if got := p.inTx(f, p.user); !slices.Equal(got, []string{"u1", "u2"}) {
		t.Errorf("a flow that looks sees %v, want what was there and what it has written", got)
	}
	for what, err := range map[string]error{
		"inserting": f.Insert(p.user, "u3", named("may")),
		"updating":  f.Update(p.user, "u1", named("may")),
		"deleting":  f.Delete(p.user, "u1"),
	} {
		if !errors.Is(err, store.ErrReadOnlyTx) {
			t.Errorf("%s while looking gives %v, want %v", what, err, store.ErrReadOnlyTx)
		}
	}
	if row, err := f.Get(p.user, "u1"); !sameRow(row, named("ada")) || err != nil {
		t.Errorf("after writes that were refused a flow sees %v, %v", row, err)
	}
	f.Rollback()
	if err := errors.Join(f.Insert(p.user, "u3", named("may")), f.Commit(nil)); err != nil {
		t.Errorf("writing after looking: %v", err)
	}
	// Commit also ends a read-only transaction, and appends.
	id := p.next()
	h := p.s.NewSession(id)
	h.BeginReadOnly()
	if got := p.inTx(h, p.user); len(got) != 3 {
		t.Errorf("another flow sees %v, want three", got)
	}
	if err := errors.Join(h.Commit([]byte("a")), h.Insert(p.user, "u4", named("joe")), h.Finish([]byte("b"))); err != nil {
		t.Error(err)
	}
	if got := p.journal(id); got != "ab" {
		t.Errorf("the journal of a flow that looked is %q, want ab", got)
	}
	h = p.begin()
	h.BeginReadOnly()
	if err := h.Finish([]byte("c")); err != nil {
		t.Errorf("coming to rest while looking: %v", err)
	}
	if err := g.Insert(p.user, "u5", named("sue")); err != nil {
		t.Errorf("writing after another one has looked: %v", err)
	}
}

func testRollback(t *testing.T, p *place) {
	for i, name := range []string{"a", "b", "c", "d"} {
		row := named(name)
		row[userCity], row[userTags] = text("rome"), texts("x", name)
		p.do(insert(p.user, string(rune('1'+i)), row))
	}
	p.do(insert(p.admin, "2", store.Row{value.Number(1), texts("r")}))
	f := p.begin()
	defer f.Abandon()
	changed := named("b2")
	changed[userTags] = texts("y")
	err := errors.Join(
		f.Delete(p.user, "1"),
		f.Update(p.user, "2", changed),
		f.Insert(p.user, "1", named("a")), // another member with the same identity
		f.Delete(p.user, "2"),             // and its admin
		f.Insert(p.user, "5", named("b")),
		f.Delete(p.user, "5"),
		f.Insert(p.user, "6", named("b")))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.inTx(f, p.user), []string{"3", "4", "1", "6"}; !slices.Equal(got, want) {
		t.Errorf("in the transaction there are %v, want %v", got, want)
	}
	f.Rollback()
	if got, want := p.found(p.user, nil, nil, store.Page{}), []string{"1", "2", "3", "4"}; !slices.Equal(got, want) {
		t.Errorf("after undoing there are %v, want %v", got, want)
	}
	if got, want := p.found(p.user, []int{userCity}, []value.Value{text("rome")}, store.Page{}), []string{"1", "2", "3", "4"}; !slices.Equal(got, want) {
		t.Errorf("after undoing the index finds %v, want %v", got, want)
	}
	for tag, want := range map[string][]string{"x": {"1", "2", "3", "4"}, "y": {}, "b": {"2"}} {
		if got := p.found(p.user, []int{userTags}, []value.Value{text(tag)}, store.Page{}); !slices.Equal(got, want) {
			t.Errorf("after undoing those tagged %s are %v, want %v", tag, got, want)
		}
	}
	if p.get(p.admin, "2") == nil {
		t.Error("after undoing the member is not in the subset")
	}
	// The uniques are unchanged, too.
	var taken *store.UniqueError
	if err := f.Insert(p.user, "7", named("b")); !errors.As(err, &taken) || taken.ID != "2" {
		t.Errorf("inserting a name that is taken again after undoing gives %v", err)
	}
	f.Rollback()
	p.do(insert(p.user, "7", named("b2")))
}

func (p *place) inTx(f store.Session, t *store.Table) []string {
	members, err := f.Find(t, nil, nil, store.Page{})
	if err != nil {
		p.Fatal(err)
	}
	return names(members)
}

func testUniques(t *testing.T, p *place) {
	user := func(name, email, city string) store.Row {
		row := named(name)
		if email != "" {
			row[userEmail] = text(email)
		}
		if city != "" {
			row[userCity] = text(city)
		}
		return row
	}
	p.do(insert(p.user, "1", user("ada", "a@x", "rome")), insert(p.user, "2", user("eve", "e@x", "rome")))
	f := p.begin()
	defer f.Abandon()
	for _, c := range []struct {
		what string
		err  error
		want []int // the unique that is broken; none when nil
		id   string
	}{
		{"a name that is taken", f.Insert(p.user, "3", user("ada", "", "")), []int{userName}, "1"},
		{"an update to a name that is taken", f.Update(p.user, "2", user("ada", "e@x", "rome")), []int{userName}, "1"},
		{"an update to its own name", f.Update(p.user, "2", user("eve", "e@x", "rome")), nil, ""},
		{"both of two that are taken", f.Insert(p.user, "3", user("may", "a@x", "rome")), []int{userEmail, userCity}, "1"},
		{"one of two that are taken", f.Insert(p.user, "3", user("may", "a@x", "oslo")), nil, ""},
		{"one of two, the other null", f.Insert(p.user, "4", user("joe", "a@x", "")), nil, ""},
		{"the same again: null exempts", f.Insert(p.user, "5", user("sue", "a@x", "")), nil, ""},
		{"an update into both of two", f.Update(p.user, "5", user("sue", "a@x", "oslo")), []int{userEmail, userCity}, "3"},
		{"another case of a name", f.Insert(p.user, "6", user("ADA", "", "")), nil, ""},
	} {
		var taken *store.UniqueError
		switch {
		case c.want == nil && c.err != nil:
			t.Errorf("%s: %v, want no error", c.what, c.err)
		case c.want != nil && (!errors.As(c.err, &taken) || taken.Table != p.user || !slices.Equal(taken.Columns, c.want)):
			t.Errorf("%s: %v, want that %v is unique", c.what, c.err, c.want)
		case c.want != nil && taken.ID != "" && taken.ID != c.id:
			t.Errorf("%s: says that %s has it, want %s", c.what, taken.ID, c.id)
		}
	}
	// A rejected write changes nothing, and the transaction continues.
	if row, _ := f.Get(p.user, "5"); !sameRow(row, user("sue", "a@x", "")) {
		t.Errorf("an update that was refused left %v", row)
	}
	// A value that is no longer used is free.
	if err := errors.Join(f.Update(p.user, "1", user("ann", "", "")), f.Insert(p.user, "7", user("ada", "a@x", "rome"))); err != nil {
		t.Error(err)
	}
}

func testUniqueCollections(t *testing.T, p *place) {
	bag := func(items, list []string, any value.Value) store.Row {
		return store.Row{texts(items...), texts(list...), any}
	}
	one := value.Record([]value.Field{{Name: "a", Value: value.Number(1)}, {Name: "b", Value: text("x")}})
	same := value.Record([]value.Field{{Name: "b", Value: text("x")}, {Name: "a", Value: value.Number(1)}})
	p.do(insert(p.bag, "1", bag([]string{"x", "y"}, []string{"p", "q"}, one)))
	f := p.begin()
	defer f.Abandon()
	for _, c := range []struct {
		what string
		err  error
		want []int
	}{
		{"a set in another order", f.Insert(p.bag, "2", bag([]string{"y", "x"}, nil, value.Null)), []int{0}},
		{"a smaller set", f.Insert(p.bag, "2", bag([]string{"y"}, []string{"p", "q"}, value.Null)), nil},
		{"a list in another order", f.Insert(p.bag, "3", bag([]string{"3"}, []string{"q", "p"}, one)), nil},
		{"a record in another order", f.Insert(p.bag, "4", bag([]string{"4"}, []string{"p", "q"}, same)), []int{1, 2}},
		{"an update to the same", f.Update(p.bag, "3", bag([]string{"3"}, []string{"p", "q"}, same)), []int{1, 2}},
		{"an update of the first to something free", f.Update(p.bag, "1", bag([]string{"x", "z"}, []string{"p", "q"}, value.Null)), nil},
		{"what the first had", f.Update(p.bag, "3", bag([]string{"x", "y"}, []string{"p", "q"}, same)), nil},
	} {
		var taken *store.UniqueError
		switch {
		case c.want == nil && c.err != nil:
			t.Errorf("%s: %v, want no error", c.what, c.err)
		case c.want != nil && (!errors.As(c.err, &taken) || !slices.Equal(taken.Columns, c.want)):
			t.Errorf("%s: %v, want that %v is unique", c.what, c.err, c.want)
		}
	}
}

func testSubsets(t *testing.T, p *place) {
	f := p.begin()
	defer f.Abandon()
	var gone *store.MemberError
	if err := f.Insert(p.admin, "u1", store.Row{value.Number(1), texts()}); !errors.As(err, &gone) || gone.Table != p.user || gone.Exists {
		t.Errorf("inserting in a subset what is not in the set gives %v, want that %s has no member", err, p.user.Name())
	}
	for _, id := range []string{"u1", "u2"} {
		err := errors.Join(f.Insert(p.user, id, named(id)), f.Insert(p.admin, id, store.Row{value.Number(1), texts("r", id)}), f.Insert(p.owner, id, store.Row{}))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Delete(p.admin, "u1"); err != nil {
		t.Fatal(err)
	}
	if row, _ := f.Get(p.user, "u1"); row == nil {
		t.Error("deleting from a subset has deleted from the set")
	}
	if row, _ := f.Get(p.owner, "u1"); row != nil {
		t.Error("deleting from a set has left the member in a subset")
	}
	if err := f.Delete(p.user, "u2"); err != nil {
		t.Fatal(err)
	}
	for _, table := range []*store.Table{p.admin, p.owner} {
		if got := p.inTx(f, table); len(got) != 0 {
			t.Errorf("deleting from a set has left %v in %s", got, table.Name())
		}
	}
	members, err := f.Find(p.admin, []int{1}, []value.Value{text("r")}, store.Page{})
	if err != nil || len(members) != 0 {
		t.Errorf("deleting has left the items of collections: %v, %v", names(members), err)
	}
}

func testCollections(t *testing.T, p *place) {
	row := func(name, city string, tags ...string) store.Row {
		r := named(name)
		r[userCity], r[userTags] = text(city), texts(tags...)
		return r
	}
	p.do(insert(p.user, "1", row("a", "rome", "x", "y")), insert(p.user, "2", row("b", "oslo", "y")), insert(p.user, "3", row("c", "rome")), insert(p.user, "4", row("d", "rome", "y", "z")))
	check := func(want []string, columns []int, key ...value.Value) {
		t.Helper()
		if got := p.found(p.user, columns, key, store.Page{}); !slices.Equal(got, want) {
			t.Errorf("found %v by %v = %v, want %v", got, columns, key, want)
		}
	}
	tags, both := []int{userTags}, []int{userTags, userCity}
	check([]string{"1", "2", "4"}, tags, text("y"))
	check([]string{}, tags, text("w"))
	check([]string{"1", "4"}, both, text("y"), text("rome"))
	check([]string{"4"}, []int{userTags, userTags}, text("y"), text("z"))
	p.do(func(f store.Session) error { return f.Update(p.user, "1", row("a", "rome", "z", "x")) })
	check([]string{"2", "4"}, tags, text("y"))
	check([]string{"1", "4"}, tags, text("z"))
	p.do(func(f store.Session) error { return f.Delete(p.user, "4") })
	check([]string{"1"}, tags, text("z"))
	// A sequence preserves order and repetition; Find returns the member once.
	thing := p.blank()
	thing[thingSeq] = texts("b", "a", "b")
	p.do(insert(p.thing, "t", thing))
	if got := p.get(p.thing, "t"); !sameRow(got, thing) {
		t.Errorf("a sequence came back as %v, want %v", got[thingSeq], thing[thingSeq])
	}
	if got := p.found(p.thing, []int{thingSeq}, []value.Value{text("b")}, store.Page{}); !slices.Equal(got, []string{"t"}) {
		t.Errorf("found %v by an item that stands twice, want it once", got)
	}
	thing = slices.Clone(thing)
	thing[thingSeq] = texts("b")
	p.do(func(f store.Session) error { return f.Update(p.thing, "t", thing) })
	if got := p.found(p.thing, []int{thingSeq}, []value.Value{text("b")}, store.Page{}); !slices.Equal(got, []string{"t"}) {
		t.Errorf("found %v by an item that stood twice and now stands once, want the member", got)
	}
}

// blank returns a thing without values.
func (p *place) blank() store.Row {
	row := make(store.Row, len(p.thing.Columns))
	for i, c := range p.thing.Columns {
		row[i] = value.Null
		if c.Many != store.One {
			row[i] = value.List(nil)
		}
	}
	return row
}

func testFind(t *testing.T, p *place) {
	user := func(name string, city, age value.Value) store.Row {
		return store.Row{text(name), value.Null, city, age, texts()}
	}
	rome, oslo := text("rome"), text("oslo")
	p.do(
		insert(p.user, "1", user("a", rome, value.Number(30))),
		insert(p.user, "2", user("b", oslo, value.Number(30))),
		insert(p.user, "3", user("c", value.Null, value.Number(-0.5))),
		insert(p.user, "4", user("d", rome, value.Null)))
	for _, c := range []struct {
		columns []int
		key     []value.Value
		want    []string
	}{
		{nil, nil, []string{"1", "2", "3", "4"}},
		{[]int{userName}, []value.Value{text("b")}, []string{"2"}},
		{[]int{userName}, []value.Value{text("B")}, []string{}},
		{[]int{userName}, []value.Value{value.Null}, []string{}},
		{[]int{userCity}, []value.Value{rome}, []string{"1", "4"}},
		{[]int{userCity}, []value.Value{value.Null}, []string{"3"}},
		{[]int{userCity}, []value.Value{{}}, []string{"3"}},
		{[]int{userAge}, []value.Value{value.Number(30)}, []string{"1", "2"}},
		{[]int{userAge}, []value.Value{value.Number(-0.5)}, []string{"3"}},
		{[]int{userAge}, []value.Value{text("30")}, []string{}},
		{[]int{userCity}, []value.Value{value.Number(1)}, []string{}},
		{[]int{userCity, userAge}, []value.Value{rome, value.Number(30)}, []string{"1"}},
		{[]int{userAge, userCity}, []value.Value{value.Null, rome}, []string{"4"}},
		{[]int{userName, userCity}, []value.Value{text("a"), oslo}, []string{}},
		{[]int{userEmail, userCity}, []value.Value{value.Null, rome}, []string{"1", "4"}},
		{[]int{userCity, userCity}, []value.Value{rome, rome}, []string{"1", "4"}},
		{[]int{userCity, userCity}, []value.Value{rome, oslo}, []string{}},
	} {
		if got := p.found(p.user, c.columns, c.key, store.Page{}); !slices.Equal(got, c.want) {
			t.Errorf("found %v by %v = %v, want %v", got, c.columns, c.key, c.want)
		}
	}
}

func testPaging(t *testing.T, p *place) {
	for i := range 20 {
		row := named(string(rune('a' + i)))
		if row[userCity] = text("rome"); i%2 == 1 {
			row[userCity] = text("oslo")
		}
		p.do(insert(p.user, row[userName].String(), row))
	}
	for _, c := range []struct {
		columns []int
		key     []value.Value
		want    int
	}{{nil, nil, 20}, {[]int{userCity}, []value.Value{text("rome")}, 10}, {[]int{userCity, userAge}, []value.Value{text("rome"), value.Null}, 10}} {
		var all []string
		after := int64(0)
		f := p.begin()
		for {
			page, err := f.Find(p.user, c.columns, c.key, store.Page{After: after, Limit: 3})
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			if len(page) > 3 {
				t.Fatalf("a page of at most 3 has %d members", len(page))
			}
			for _, m := range page {
				if m.Order <= after {
					t.Fatalf("the member %s has Order %d, after one with %d", m.ID, m.Order, after)
				}
				after = m.Order
				all = append(all, m.ID)
			}
		}
		f.Abandon()
		if whole := p.found(p.user, c.columns, c.key, store.Page{}); !slices.Equal(all, whole) || len(all) != c.want {
			t.Errorf("the pages hold %v, the whole is %v, want %d members", all, whole, c.want)
		}
	}
	// An Order is never reused, not even that of the last member.
	f := p.begin()
	defer f.Abandon()
	before, err := f.Find(p.user, nil, nil, store.Page{After: 0})
	if err != nil {
		t.Fatal(err)
	}
	last := before[len(before)-1]
	if err := errors.Join(f.Delete(p.user, last.ID), f.Insert(p.user, "new", named("new"))); err != nil {
		t.Fatal(err)
	}
	if page, err := f.Find(p.user, nil, nil, store.Page{After: last.Order}); err != nil || !slices.Equal(names(page), []string{"new"}) {
		t.Errorf("after the place of one that was deleted there are %v, %v, want the new one", names(page), err)
	}
	// An update does not move a member.
	if err := f.Update(p.user, before[0].ID, named("moved")); err != nil {
		t.Fatal(err)
	}
	if page, _ := f.Find(p.user, nil, nil, store.Page{Limit: 1}); len(page) != 1 || page[0].Order != before[0].Order {
		t.Errorf("an update has moved the member: %v", page)
	}
}

// odd are strings that an encoding might mistake for something else.
var odd = []string{"", " ", "'", `"`, `''; DROP TABLE "Profile.User"; --`, "?", "%", "_", "\\", "\x00", "a\x00b", "\x00\x00",
	"ß", "ẞ", "\u00c5se", "A\u030ase", "日本語", "👩‍👩‍👧", "\u202e", "\ufeff", "null", "NULL", "true", "0", "00", "1e3", "-0", "[]", "\n", "\r\n", "\t", "\x7f", "\xff\xfe"}

func testDue(t *testing.T, p *place) {
	at := func(ms int64) value.Value { return value.Time(time.UnixMilli(ms)) }
	thing := func(v value.Value, flag bool) store.Row {
		row := p.blank()
		row[thingAt], row[thingFlag] = v, value.Flag(flag)
		return row
	}
	p.do(
		insert(p.thing, "1", thing(at(50), true)),
		insert(p.thing, "2", thing(at(10), false)),
		insert(p.thing, "3", thing(value.Null, true)),
		insert(p.thing, "4", thing(at(-7), true)),
		insert(p.thing, "5", thing(at(51), true)),
		insert(p.thing, "6", thing(at(0), true)))
	order := map[string]int64{}
	f := p.begin()
	members, err := f.Find(p.thing, nil, nil, store.Page{})
	f.Abandon()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		order[m.ID] = m.Order
	}
	yes := []value.Value{value.Flag(true)}
	for _, c := range []struct {
		until   value.Value
		after   string
		limit   int
		columns []int
		key     []value.Value
		want    []string
	}{
		{until: at(50), want: []string{"1", "2", "4", "6"}},
		{until: at(49), want: []string{"2", "4", "6"}},
		{until: at(-8), want: []string{}},
		{until: at(1e12), want: []string{"1", "2", "4", "5", "6"}},
		{until: at(50), limit: 2, want: []string{"1", "2"}},
		{until: at(50), limit: 2, after: "2", want: []string{"4", "6"}},
		{until: at(50), after: "6", want: []string{}},
		{until: at(50), columns: []int{thingFlag}, key: yes, want: []string{"1", "4", "6"}},
		{until: at(50), columns: []int{thingFlag}, key: yes, after: "1", limit: 1, want: []string{"4"}},
		{until: at(50), columns: []int{thingAt}, key: []value.Value{at(10)}, want: []string{"2"}},
		{until: at(50), columns: []int{thingAt}, key: []value.Value{at(51)}, want: []string{}},
		{until: at(50), columns: []int{thingAt}, key: []value.Value{value.Null}, want: []string{}},
		{until: value.Null, want: []string{}},
	} {
		page := store.Page{After: order[c.after], Limit: c.limit, Due: &store.Due{Column: thingAt, Until: c.until}}
		if got := p.found(p.thing, c.columns, c.key, page); !slices.Equal(got, c.want) {
			t.Errorf("due until %v after %q, at most %d, by %v = %v: %v, want %v", c.until, c.after, c.limit, c.columns, c.key, got, c.want)
		}
	}
	// A member that was due and is done is no longer due.
	p.do(func(f store.Session) error { return f.Update(p.thing, "2", thing(value.Null, true)) },
		func(f store.Session) error { return f.Update(p.thing, "1", thing(at(99), true)) })
	if got := p.found(p.thing, nil, nil, store.Page{Due: &store.Due{Column: thingAt, Until: at(50)}}); !slices.Equal(got, []string{"4", "6"}) {
		t.Errorf("after changes there are due %v, want 4 and 6", got)
	}
}

func testStrings(t *testing.T, p *place) {
	for _, s := range odd {
		row := named(s)
		row[userTags], row[userCity] = texts(s), text(s)
		p.do(insert(p.user, s, row))
	}
	if got := p.found(p.user, nil, nil, store.Page{}); !slices.Equal(got, odd) {
		t.Errorf("the identities are %q, want %q", got, odd)
	}
	for _, s := range odd {
		if row := p.get(p.user, s); row == nil || !value.Equal(row[userName], text(s)) || !value.Equal(row[userTags], texts(s)) {
			t.Errorf("%q came back as %v", s, row)
		}
		for _, c := range []int{userName, userCity, userTags} {
			if got := p.found(p.user, []int{c}, []value.Value{text(s)}, store.Page{}); !slices.Equal(got, []string{s}) {
				t.Errorf("found %q by column %d = %q, want that one", got, c, s)
			}
		}
	}
}

func testValues(t *testing.T, p *place) {
	moment := func(s string) value.Value {
		v, ok := value.ParseMoment(s)
		if !ok {
			t.Fatalf("%s is no moment", s)
		}
		return v
	}
	blob := func(b byte, kind string) value.Value {
		return value.Binary(&value.Blob{Hash: [32]byte{b, 31: b}, Size: int64(b) << 40, Type: kind})
	}
	number := value.Number
	deep := number(1)
	for range 50 {
		deep = value.List([]value.Value{deep})
	}
	values := map[int][]value.Value{
		thingFlag: {value.Flag(true), value.Flag(false)},
		thingAt: {moment("2024-02-29T12:34:56.789Z"), moment("1969-12-31T23:59:59.999Z"), moment("0001-01-01T00:00:00Z"), moment("9999-12-31T23:59:59.999Z"),
			value.Time(time.UnixMilli(math.MaxInt64)), value.Time(time.UnixMilli(math.MinInt64))},
		thingData: {number(0), number(-1), number(0.1), number(1e300), number(5e-324), number(1 << 53), number(math.MaxFloat64), value.Flag(false), text(""), text("x"), text("\xff"), text("null"),
			value.List(nil), value.Record(nil), deep, moment("2024-02-29T12:34:56.789Z"), blob(3, "text/plain"),
			value.Record([]value.Field{{Name: "", Value: number(1)}, {Name: "\"b\u00df", Value: value.List([]value.Value{value.Null, text("\x00"), value.Record([]value.Field{{Name: "a", Value: value.Flag(true)}})})}})},
		thingFile:    {blob(1, "application/epub+zip"), blob(2, ""), blob(255>>1, `a;b="c;d"`)},
		thingTimes:   {value.List([]value.Value{moment("2024-02-29T12:34:56.789Z"), moment("1969-12-31T23:59:59.999Z")}), value.List([]value.Value{value.Time(time.UnixMilli(math.MaxInt64))})},
		thingFiles:   {value.List([]value.Value{blob(1, "x"), blob(2, "y;z")})},
		thingNumbers: {value.List([]value.Value{number(1), number(0.1), number(-1e300)})},
		thingAny:     {value.List([]value.Value{value.Null, number(1), moment("2024-02-29T12:34:56.789Z"), value.List(nil), text("\xff")})},
	}
	id := 0
	for column, all := range values {
		for _, v := range all {
			id++
			row := p.blank()
			row[column] = v
			name := string(rune('A' + id))
			p.do(insert(p.thing, name, row))
			got := p.get(p.thing, name)
			if !sameRow(got, row) {
				t.Errorf("%s = %v (%v) came back as %v (%v)", p.thing.Columns[column].Name, v, v.Kind(), got[column], got[column].Kind())
				continue
			}
			key := v
			if p.thing.Columns[column].Many != store.One {
				key = v.Items()[len(v.Items())-1]
			}
			if found := p.found(p.thing, []int{column}, []value.Value{key}, store.Page{}); !slices.Contains(found, name) {
				t.Errorf("%s = %v (%v) is not found", p.thing.Columns[column].Name, key, key.Kind())
			}
			// The order of a record's fields is preserved.
			if a, b := value.Append(nil, row[column]), value.Append(nil, got[column]); string(a) != string(b) {
				t.Errorf("%v came back in another form: %v", v, got[column])
			}
		}
	}
}

func testCheck(t *testing.T, p *place) {
	f := p.begin()
	defer f.Abandon()
	bad := func(column int, v value.Value) store.Row {
		row := p.blank()
		row[column] = v
		return row
	}
	for _, c := range []struct {
		what string
		row  store.Row
	}{
		{"a row that is too short", store.Row{value.Null}},
		{"text in a flag", bad(thingFlag, text("true"))},
		{"a number in a moment", bad(thingAt, value.Number(1))},
		{"a scalar in a collection", bad(thingNumbers, value.Number(1))},
		{"text among numbers", bad(thingNumbers, texts("1"))},
		{"a secret", bad(thingData, value.Secret(text("x")))},
		{"a secret in a list", bad(thingAny, value.List([]value.Value{value.List([]value.Value{value.Secret(text("x"))})}))},
		{"a secret text", bad(thingSeq, value.List([]value.Value{value.Secret(text("x"))}))},
	} {
		if err := f.Insert(p.thing, "t", c.row); err == nil {
			t.Errorf("%s is taken", c.what)
			f.Rollback()
		}
	}
	if row, _ := f.Get(p.thing, "t"); row != nil {
		t.Errorf("what was refused is there: %v", row)
	}
	row := p.blank()
	row[thingData] = value.Value{}
	if err := f.Insert(p.thing, "t", row); err != nil {
		t.Fatal(err)
	}
	if got, _ := f.Get(p.thing, "t"); got == nil || got[thingData].Kind() != value.NullKind {
		t.Errorf("what is unset came back as %v, want null", got)
	}
}
