package gen

import (
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/internal/words"
)

func itoa(i int) string { return strconv.Itoa(i) }

// state writes a row and a collection for each set, and the whole of them.
func (m *maker) state() {
	for _, set := range m.concept.Sets {
		m.row(set)
		if set.Kind == syntax.ElementDecl {
			m.element(set)
		} else {
			m.set(set)
		}
	}
	if len(m.concept.Sets) == 0 {
		m.p("// State is the state of %s, which has none.", m.concept.Name)
		m.p("type State struct{}")
		m.p("")
		m.p("func newState(*legible.Instance) *State { return &State{} }")
		m.p("")
		return
	}
	m.p("// State is the state of one use of %s.", m.concept.Name)
	m.p("type State struct {")
	for _, set := range m.concept.Sets {
		m.p("%s *%s", m.stateField(set), m.collection(set))
	}
	m.p("}")
	m.p("")
	m.p("func newState(instance *legible.Instance) *State {")
	m.p("return &State{")
	for _, set := range m.concept.Sets {
		m.p("%s: &%s{legible.Set[%s, %s]{", m.stateField(set), m.collection(set), goName(set.Name), rowName(set))
		m.p("Table: instance.Table(%q),", set.Name)
		m.codec(set)
		m.p("}},")
	}
	m.p("}")
	m.p("}")
	m.p("")
}

func (m *maker) row(set *check.Set) {
	what := "is known of " + words.Article(set.Name)
	if set.Of != nil || m.isParam(set.Member.Name) {
		what += " here"
	}
	m.p("// %s is what %s.", beginning(rowName(set)), what)
	if len(set.Fields) == 0 {
		m.p("type %s struct{}", rowName(set))
		m.p("")
		return
	}
	m.p("type %s struct {", rowName(set))
	for _, f := range set.Fields {
		m.p("%s %s", goName(f.Name), fieldShape(set, f).goType())
	}
	m.p("}")
	m.p("")
}

// codec writes how a row is brought into the store's form and back.
func (m *maker) codec(set *check.Set) {
	row := rowName(set)
	if len(set.Fields) == 0 {
		m.p("Encode: func(%s) store.Row { return store.Row{} },", row)
		m.p("Decode: func(store.Row) %s { return %s{} },", row, row)
		return
	}
	m.p("Encode: func(r %s) store.Row {", row)
	m.p("return store.Row{")
	for _, f := range set.Fields {
		m.p("%s,", fieldShape(set, f).writing("r."+goName(f.Name)))
	}
	m.p("}")
	m.p("},")
	m.p("Decode: func(r store.Row) %s {", row)
	m.p("return %s{", row)
	for i, f := range set.Fields {
		m.p("%s: %s,", goName(f.Name), fieldShape(set, f).reading("r["+itoa(i)+"]"))
	}
	m.p("}")
	m.p("},")
}

// set writes the collection of a set, with a way to find its members by each
// of their fields.
func (m *maker) set(set *check.Set) {
	name := m.collection(set)
	m.p("// %s are the members of the set %s.", name, set.Tree.Name.Text)
	m.p("type %s struct{ legible.Set[%s, %s] }", name, goName(set.Name), rowName(set))
	m.p("")
	for i, f := range set.Fields {
		if findable(f) {
			m.finder(set, i, f)
		}
	}
	for _, u := range set.Uniques {
		if len(u) > 1 && findableTogether(set, u) {
			m.finderTogether(set, u)
		}
	}
}

// findable reports whether members are found by a field: by one that holds
// something that is compared as a whole.
func findable(f *check.Field) bool {
	switch f.Type.Kind {
	case check.Json, check.Binary, check.Unknown, check.Record, check.List:
		return false
	}
	return true
}

func findableTogether(set *check.Set, fields []int) bool {
	for _, i := range fields {
		if !findable(set.Fields[i]) {
			return false
		}
	}
	return true
}

func finderName(set *check.Set, fields []int) string {
	name := "By"
	for _, i := range fields {
		name += goName(set.Fields[i].Name)
	}
	return name
}

// sought is the Go type by which a field is found, and the Go that makes a
// value of it: a secret is found by itself, though state keeps its digest.
func sought(set *check.Set, f *check.Field, x string) (goType, key string) {
	if f.Type.Kind == check.Secret {
		return "legible.Secret", "value.String(string(" + x + ".Digest()))"
	}
	one := shape{form: base(f.Type, enumName(set, f), true)}
	return one.goType(), one.writing(x)
}

func (m *maker) finder(set *check.Set, i int, f *check.Field) {
	goType, key := sought(set, f, "v")
	id, row, by := goName(set.Name), rowName(set), "By"+goName(f.Name)
	unique := false
	for _, u := range set.Uniques {
		unique = unique || len(u) == 1 && u[0] == i
	}
	switch {
	case unique && f.Many == syntax.One:
		m.p("// %s gives the member with this %s, and whether there is one.", by, f.Name)
		m.p("func (s *%s) %s(ctx legible.Context, v %s) (%s, %s, bool) {", m.collection(set), by, goType, id, row)
		m.p("return s.First(ctx, []int{%d}, %s)", i, key)
	case f.Many != syntax.One:
		m.p("// %s gives the members with this among their %s, as they were inserted.", by, f.Name)
		m.p("func (s *%s) %s(ctx legible.Context, v %s) iter.Seq2[%s, %s] {", m.collection(set), by, goType, id, row)
		m.p("return s.Find(ctx, []int{%d}, %s)", i, key)
	default:
		m.p("// %s gives the members with this %s, as they were inserted.", by, f.Name)
		m.p("func (s *%s) %s(ctx legible.Context, v %s) iter.Seq2[%s, %s] {", m.collection(set), by, goType, id, row)
		m.p("return s.Find(ctx, []int{%d}, %s)", i, key)
	}
	m.p("}")
	m.p("")
}

func (m *maker) finderTogether(set *check.Set, fields []int) {
	var params, columns, keys, words []string
	for _, i := range fields {
		f := set.Fields[i]
		goType, key := sought(set, f, local(f.Name))
		params = append(params, local(f.Name)+" "+goType)
		columns = append(columns, itoa(i))
		keys = append(keys, key)
		words = append(words, f.Name)
	}
	m.p("// %s gives the member with this %s, and whether there is one.", finderName(set, fields), strings.Join(words, " and "))
	m.p("func (s *%s) %s(ctx legible.Context, %s) (%s, %s, bool) {", m.collection(set), finderName(set, fields),
		strings.Join(params, ", "), goName(set.Name), rowName(set))
	m.p("return s.First(ctx, []int{%s}, %s)", strings.Join(columns, ", "), strings.Join(keys, ", "))
	m.p("}")
	m.p("")
}

// isOwnElement tells of an element whose one member the concept itself makes;
// that of a subset or of a type parameter comes from elsewhere.
func (m *maker) isOwnElement(set *check.Set) bool {
	return set.Kind == syntax.ElementDecl && set.Member.Name == set.Name && !m.isParam(set.Name)
}

func theName(set *check.Set) string { return "The" + goName(set.Name) }

// element writes the place of an element: one member at most, and one for good
// once it has been put there.
func (m *maker) element(set *check.Set) {
	name, id, row := m.collection(set), goName(set.Name), rowName(set)
	m.p("// %s holds the one %s.", beginning(name), set.Name)
	m.p("type %s struct{ set legible.Set[%s, %s] }", name, id, row)
	m.p("")
	if m.isOwnElement(set) {
		m.p("// %s is the identity of the one %s.", theName(set), set.Name)
		m.p("const %s %s = %q", theName(set), id, set.Name)
		m.p("")
		m.p("// Get gives what is known of it, and whether it has been put there.")
		m.p("func (s *%s) Get(ctx legible.Context) (%s, bool) { return s.set.Get(ctx, %s) }", name, row, theName(set))
		m.p("")
		m.p("// Put says what is known of it from now on.")
		m.p("func (s *%s) Put(ctx legible.Context, row %s) error {", name, row)
		m.p("if s.set.Has(ctx, %s) {", theName(set))
		m.p("return s.set.Update(ctx, %s, row)", theName(set))
		m.p("}")
		m.p("return s.set.Put(ctx, %s, row)", theName(set))
		m.p("}")
		m.p("")
		return
	}
	m.p("// Get gives the one member with what is known of it, and whether there is one.")
	m.p("func (s *%s) Get(ctx legible.Context) (%s, %s, bool) { return s.set.First(ctx, nil) }", name, id, row)
	m.p("")
	m.p("// Put makes a thing the one member, in place of another one.")
	m.p("func (s *%s) Put(ctx legible.Context, id %s, row %s) error {", name, id, row)
	m.p("old, _, found := s.set.First(ctx, nil)")
	m.p("if found && old == id {")
	m.p("return s.set.Update(ctx, id, row)")
	m.p("}")
	m.p("if found {")
	m.p("if err := s.set.Delete(ctx, old); err != nil {")
	m.p("return err")
	m.p("}")
	m.p("}")
	m.p("return s.set.Put(ctx, id, row)")
	m.p("}")
	m.p("")
	m.p("// Clear leaves no member.")
	m.p("func (s *%s) Clear(ctx legible.Context) error {", name)
	m.p("if old, _, found := s.set.First(ctx, nil); found {")
	m.p("return s.set.Delete(ctx, old)")
	m.p("}")
	m.p("return nil")
	m.p("}")
	m.p("")
}
