package explain

import (
	"strconv"
	"strings"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
)

// broke explains a sync that faulted in its where or in the inputs of a line
// that it asked. It returns nil for other syncs.
func (r *record) broke(s *plan.Sync) *verdict {
	for _, text := range r.Faults {
		at, span, line := r.faultPlace(text)
		if at != s {
			continue
		}
		v := &verdict{text: "sync " + s.Name + " matched, but it faulted: " + text, tree: &Tree{Kind: SyncNode, Sync: s.Name, Title: "sync " + s.Name + " matched, but it faulted"}}
		v.tree.at(s.Span, "")
		v.tree.add((&Tree{Kind: FaultNode, Title: text, Cause: true}).at(span, line))
		return v
	}
	return nil
}

// cut explains a flow that one of its limits ended. It lists the last lines that
// asked actions, which show the cycle if there is one. It returns nil for a flow
// that came to rest by itself.
func (r *record) cut() *Tree {
	for _, text := range r.Faults {
		if s, _, _ := r.faultPlace(text); s != nil {
			continue
		}
		t := &Tree{Kind: FaultNode, Title: text, Cause: true}
		seen := map[string]bool{}
		for i := len(r.Actions) - 1; i >= 0 && i > len(r.Actions)-12; i-- {
			k := r.askingOf(r.Actions[i])
			if k == nil || k.line == nil || seen[k.line.Span.String()] {
				continue
			}
			seen[k.line.Span.String()] = true
			n := &Tree{Kind: NoteNode, Sync: k.sync.Name, Title: "sync " + k.sync.Name + " was one of the last to fire"}
			t.add(n.at(k.line.Span, k.line.Text))
		}
		return t
	}
	return nil
}

// faultNodes returns a node for each fault of the flow outside of its actions.
func (r *record) faultNodes() []*Tree {
	var list []*Tree
	for _, text := range r.Faults {
		list = append(list, &Tree{Kind: FaultNode, Title: "the flow faulted: " + text})
	}
	return list
}

// faultPlace finds the line that a fault of the flow names. The folder of the
// file may have changed since, so only its base name, line and column count.
func (r *record) faultPlace(text string) (*plan.Sync, source.Span, string) {
	for _, s := range r.Plan.Syncs {
		var span source.Span
		var line string
		try := func(x source.Span, what string) {
			if span.Known() || !x.Known() {
				return
			}
			p := x.Position()
			place := ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column) + ": "
			file, rest, found := strings.Cut(text, place)
			if !found || strings.Contains(file, " ") || base(file) != base(x.File.Name) {
				return
			}
			if named, ok := strings.CutPrefix(rest, "sync "); ok && !strings.HasPrefix(named, s.Name+":") {
				return
			}
			span, line = x, what
		}
		var lines func(list []*plan.Line)
		lines = func(list []*plan.Line) {
			for _, l := range list {
				try(l.Span, l.Text)
				lines(l.Inner())
			}
		}
		lines(s.AllLines())
		for _, a := range s.Asks {
			try(a.Span, a.Text)
		}
		try(s.Span, "")
		if span.Known() {
			return s, span, line
		}
	}
	return nil, source.Span{}, ""
}

func base(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
