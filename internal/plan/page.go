package plan

import (
	"hash/fnv"
	"io"
	"slices"

	"github.com/legible-lang/legible/internal/check"
)

// page compiles the page of a fold, whose lines and order op has already.
func (l *lowering) page(fold *check.FoldLine, op *FoldOp) *PageOp {
	page := &PageOp{Next: -1, Ties: l.ties(fold.Lines)}
	for _, in := range fold.Page.In {
		term := l.term(in.Term)
		if in.Name == "limit" {
			page.Limit = &term
		} else {
			page.Cursor = &term
		}
	}
	if v := fold.Page.Next; v != nil {
		page.Next = l.slot(v)
	}
	print := fnv.New32a()
	for _, text := range append([]string{l.sync.Name, fold.Var.Name}, op.orderText()...) {
		io.WriteString(print, text+"\x00")
	}
	for _, slot := range page.Ties {
		io.WriteString(print, l.sync.Slots[slot]+"\x00")
	}
	page.Print = print.Sum32()
	return page
}

// orderText returns the parts of "order by" as Print writes them.
func (f *FoldOp) orderText() []string {
	var keys []string
	for _, k := range f.Order {
		key := oneLineText(k.Expr.Text)
		if k.Desc {
			key += " desc"
		}
		keys = append(keys, key)
	}
	return keys
}

// ties returns the slots that distinguish the frames of the lines: those of the
// identities that the lines bind, or of all that they bind if there is none. It omits
// secrets, since a cursor contains the values.
func (l *lowering) ties(lines []*check.Line) []int {
	var identities, others []int
	for _, line := range lines {
		for _, v := range line.Nulls {
			switch v.Type.Kind {
			case check.Identity, check.Unknown:
				identities = append(identities, l.slot(v))
			case check.Secret, check.Binary:
			default:
				others = append(others, l.slot(v))
			}
		}
	}
	if len(identities) > 0 {
		return identities
	}
	return others
}

// A Paging says how the pages of a route use a field of its requests.
type Paging struct {
	// Limit says that the field limits the items of a page.
	Limit bool
	// Cursors are the prints of the pages that take their cursor from the field.
	Cursors []uint32
}

// paging notes how the pages of a sync use the fields of a route.
func (route *Route) paging(w *Pattern, s *Sync) {
	names := map[int][]string{} // the fields whose values are in a slot
	for _, v := range w.Vars {
		if !v.Column.Out {
			names[v.Slot] = append(names[v.Slot], v.Name)
		}
	}
	pagesIn(s.AllLines(), func(page *PageOp, outer func(int) int) {
		note := func(slot int, set func(*Paging)) {
			for _, name := range names[outer(slot)] {
				i := slices.IndexFunc(route.Fields, func(f *Field) bool { return f.Name == name })
				if i < 0 { // headers
					continue
				}
				if route.Fields[i].Paging == nil {
					route.Fields[i].Paging = &Paging{}
				}
				set(route.Fields[i].Paging)
			}
		}
		if t := page.Limit; t != nil {
			slots := []int{t.Slot}
			if t.Expr != nil {
				slots = t.Expr.Slots
			}
			for _, slot := range slots {
				note(slot, func(p *Paging) { p.Limit = true })
			}
		}
		if t := page.Cursor; t != nil {
			note(t.Slot, func(p *Paging) { p.Cursors = append(p.Cursors, page.Print) })
		}
	})
}

// pagesIn calls f for each page of the lines, also inside of folds and views. outer
// returns the slot of the sync whose value was passed to a slot of a view.
func pagesIn(lines []*Line, f func(page *PageOp, outer func(int) int)) {
	passed := map[int]int{}
	outer := func(slot int) int {
		for {
			from, ok := passed[slot]
			if !ok {
				return slot
			}
			slot = from
		}
	}
	var walk func([]*Line)
	walk = func(lines []*Line) {
		for _, l := range lines {
			switch {
			case l.View != nil:
				for _, in := range l.View.In {
					if in.Term.Slot >= 0 && in.Term.Slot != in.Inner {
						passed[in.Inner] = in.Term.Slot
					}
				}
			case l.Fold != nil && l.Fold.Page != nil:
				f(l.Fold.Page, outer)
			}
			walk(l.Inner())
		}
	}
	walk(lines)
}
