package inspect

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// membersShown is the number of members on one page of a set.
const membersShown = 50

// A conceptView is the data of the page of one concept.
type conceptView struct {
	Name, Of  string // Of is the concept's own name where the app calls it otherwise
	Link      string
	Purpose   string
	Principle string
	Sets      []setLink
	Actions   []actionRow
	Queries   []actionRow
	Source    string
}

type setLink struct{ Name, Link, Fields string }

// An actionRow is an action or a query with its specification.
type actionRow struct {
	Name, In, Out string
	Kind          string
	Refusals      []refusalRow
	Source        string
}

type refusalRow struct{ Code, Kind, Sentence string }

// conceptsPage lists the concepts of the app.
func (in *Inspector) conceptsPage(w http.ResponseWriter, r *http.Request) {
	var list []conceptView
	for _, c := range in.plan.Instances {
		list = append(list, in.concept(c))
	}
	in.render(w, r, http.StatusOK, "concepts", "Concepts", struct{ Concepts []conceptView }{list})
}

// conceptPage shows the specification of one concept.
func (in *Inspector) conceptPage(w http.ResponseWriter, r *http.Request) {
	c := in.instance(r.PathValue("name"))
	if c == nil {
		in.missing(w, r, "The app uses no concept "+cut(r.PathValue("name"), 60)+".")
		return
	}
	in.render(w, r, http.StatusOK, "concept", c.Name, in.concept(c))
}

func (in *Inspector) instance(name string) *plan.Instance {
	i := slices.IndexFunc(in.plan.Instances, func(c *plan.Instance) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return in.plan.Instances[i]
}

func (in *Inspector) concept(c *plan.Instance) conceptView {
	tree := c.Concept.Tree
	v := conceptView{Name: c.Name, Link: "/concepts/" + c.Name, Purpose: prose(tree.Purpose), Principle: prose(tree.Principle)}
	if c.Concept.Name != c.Name {
		v.Of = c.Concept.Name
	}
	if tree.Span.Known() {
		v.Source = sourceLink(tree.Span.File.Name, tree.Span.Position().Line)
	}
	if !in.stands(c) {
		for _, t := range c.Tables {
			var names []string
			for _, f := range t.Set.Fields {
				names = append(names, f.Name)
			}
			v.Sets = append(v.Sets, setLink{t.Set.Name, v.Link + "/" + t.Set.Name, strings.Join(names, ", ")})
		}
	}
	for _, a := range c.Actions {
		row := actionRow{Name: a.Name, In: params(a.Spec.Inputs), Out: params(a.Spec.Outputs), Kind: a.Spec.Kind.String()}
		if a.Spec.Open {
			row.In = strings.TrimPrefix(row.In+", …", ", ")
		}
		for _, x := range a.Spec.Refusals {
			row.Refusals = append(row.Refusals, refusalRow{x.Code, x.Kind, x.Sentence})
		}
		if a.Spec.Tree != nil && a.Spec.Tree.Span.Known() {
			row.Source = sourceLink(a.Spec.Tree.Span.File.Name, a.Spec.Tree.Span.Position().Line)
		}
		v.Actions = append(v.Actions, row)
	}
	for _, q := range c.Queries {
		v.Queries = append(v.Queries, actionRow{Name: q.Name, In: params(q.Spec.Inputs), Out: params(q.Spec.Outputs), Kind: q.Spec.Rows.String()})
	}
	return v
}

// stands reports whether a concept is Requesting, which the engine implements
// and whose state is not stored.
func (in *Inspector) stands(c *plan.Instance) bool {
	return slices.ContainsFunc(c.Actions, func(a *plan.Action) bool { return a.Role != plan.Ordinary })
}

func prose(p *syntax.Prose) string {
	if p == nil {
		return ""
	}
	return strings.Join(p.Lines, " ")
}

func params(list []*check.Param) string {
	var parts []string
	for _, p := range list {
		mark := ""
		if p.Optional {
			mark = "?"
		}
		parts = append(parts, p.Name+mark+": "+typeText(p.Type, p.Many))
	}
	return strings.Join(parts, ", ")
}

// A setView is the data of the page of a set.
type setView struct {
	Concept, Set string
	Link         string
	Of           *link // the set that it is a part of
	Columns      []column
	Members      []memberRow
	ID           string // of the one member that is asked for
	Next, First  string // links to other pages
}

type column struct{ Name, Type, Note string }

type memberRow struct {
	ID    string
	Cells []shown
}

// setPage shows the members of a set as a table, page by page.
func (in *Inspector) setPage(w http.ResponseWriter, r *http.Request) {
	c := in.instance(r.PathValue("name"))
	if c == nil || in.stands(c) {
		in.missing(w, r, "The app uses no concept "+cut(r.PathValue("name"), 60)+" with state.")
		return
	}
	i := slices.IndexFunc(c.Tables, func(t *plan.Table) bool { return t.Set.Name == r.PathValue("set") })
	if i < 0 {
		in.missing(w, r, c.Name+" has no set "+cut(r.PathValue("set"), 60)+".")
		return
	}
	t := c.Tables[i]
	query := r.URL.Query()
	v := setView{Concept: c.Name, Set: t.Set.Name, Link: "/concepts/" + c.Name + "/" + t.Set.Name, ID: strings.TrimSpace(query.Get("id"))}
	if t.Of != nil {
		v.Of = &link{Text: t.Of.Set.Name, To: "/concepts/" + t.Of.Instance.Name + "/" + t.Of.Set.Name}
	}
	for _, f := range t.Set.Fields {
		col := column{Name: f.Name, Type: typeText(in.bound(c, f.Type), f.Many)}
		switch {
		case isSecret(f.Type):
			col.Note = "hidden"
		case f.Optional:
			col.Note = "optional"
		}
		v.Columns = append(v.Columns, col)
	}
	after := int64(0)
	if text := query.Get("after"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			in.problem(w, r, http.StatusBadRequest, "Invalid page of the set",
				"after must be the number of a member, as in the links of this page, not "+strconv.Quote(cut(text, 30))+".")
			return
		}
		after = n
	}
	members, err := in.members(t, after, v.ID)
	if err != nil {
		in.failed(w, r, "reading "+t.Name(), store.OrLost(err))
		return
	}
	if len(members) > membersShown {
		members = members[:membersShown]
		last := members[membersShown-1]
		v.Next = v.Link + "?after=" + strconv.FormatInt(last.Order, 10)
	}
	if after != 0 || v.ID != "" {
		v.First = v.Link
	}
	for _, m := range members {
		row := memberRow{ID: cut(m.ID, 80)}
		for i, f := range t.Set.Fields {
			cell := m.Row[i]
			if isSecret(f.Type) && !cell.IsNull() {
				cell = value.Secret(cell) // what the store has is its digest
			}
			x := show(hide(cell), shortValue)
			x.Link = in.memberLink(in.bound(c, f.Type), cell)
			if f.Type.Kind == check.Identity && x.Kind == "text" {
				x.Kind = "other" // an identity is not a text that somebody wrote
			}
			row.Cells = append(row.Cells, x)
		}
		v.Members = append(v.Members, row)
	}
	in.render(w, r, http.StatusOK, "set", t.Name(), v)
}

// members reads one page of a set and one more member, which shows whether
// there is a next page; or the one member with an id.
func (in *Inspector) members(t *plan.Table, after int64, id string) ([]store.Member, error) {
	table := in.schema.Tables[t.Index]
	hand := in.store.NewSession(in.ids.At(in.options.Clock()))
	defer hand.Abandon()
	if id != "" {
		row, err := hand.Get(table, id)
		if err != nil || row == nil {
			return nil, err
		}
		return []store.Member{{ID: id, Row: row}}, nil
	}
	return hand.Find(table, nil, nil, store.Page{After: after, Limit: membersShown + 1})
}

// bound returns the type of a field as the app binds it: a type parameter of
// the concept is replaced by the set of another concept.
func (in *Inspector) bound(c *plan.Instance, t check.Type) check.Type {
	if t.Kind != check.Identity {
		return t
	}
	if c.Use != nil {
		if b, ok := c.Use.Bindings[t.Name]; ok {
			return b
		}
	}
	for _, x := range c.Tables {
		if x.Set.Name == t.Name {
			t.Name = c.Name + "." + t.Name
		}
	}
	return t
}

// memberLink returns the link from an identity to its member, if the type says
// which set has it.
func (in *Inspector) memberLink(t check.Type, v value.Value) string {
	id, ok := v.Text()
	if !ok || t.Kind != check.Identity || v.IsSecret() {
		return ""
	}
	if _, known := in.database[t.Name]; !known {
		return ""
	}
	concept, set, _ := strings.Cut(t.Name, ".")
	return "/concepts/" + concept + "/" + set + "?id=" + url.QueryEscape(id)
}
