package check

import (
	"slices"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// secretParts reports each part of a value that flows into something declared Secret
// while the value is a field of a request or an input or output of an action. Such a
// value is one value for the record, so nothing could hide the part alone.
func (c *checker) secretParts() {
	reported := map[source.Span]bool{}
	for _, inside := range []bool{true, false} { // a part in a view is reported at the first field that it comes from
		for _, s := range c.program.Syncs {
			for _, p := range s.When {
				for _, a := range slices.Concat(p.In, p.Out) {
					c.partsOf(s, p, a, inside, reported)
				}
			}
			for _, ask := range s.Asks() {
				for _, a := range ask.Out {
					c.partsOf(s, nil, a, inside, reported)
				}
			}
		}
	}
}

// partsOf reports the parts of the value that an argument binds. With inside it
// reports those that the sync itself takes.
func (c *checker) partsOf(s *Sync, p *Pattern, a *Arg, inside bool, reported map[source.Span]bool) {
	if a.Term.Var == nil {
		return
	}
	list := c.secretUses[location{v: a.Term.Var}]
	if slices.ContainsFunc(list, func(x secretUse) bool { return len(x.path) == 0 }) {
		return // all of it is secret
	}
	for _, x := range list {
		within := x.part.File == s.Tree.Span.File && s.Tree.Span.Start <= x.part.Start && x.part.End <= s.Tree.Span.End
		fields := !slices.ContainsFunc(x.path, isItem)
		if x.part.File == nil || reported[x.part] || inside != within || x.compared && !fields {
			continue
		}
		reported[x.part] = true
		secret, by := "the secret “"+a.Name+x.path.String()+"”", x.what+" is secret"
		if x.by != s.Name {
			by = x.what + ", in " + x.by + ", is secret"
		}
		if x.compared {
			by = "it is compared with a secret, since " + by
		}
		d := diag.Diagnostic{Code: diag.SecretPart, Span: x.part,
			Related: []diag.Related{{Span: a.Term.Span, Message: "“" + a.Name + "” is one value here"}, {Span: x.span, Message: by}}}
		switch {
		case p == nil || !p.IsRequest() || !slices.Contains(p.In, a):
			d.Message = secret + " is a part of “" + a.Name + "”, which its action declares as one value"
			d.Notes = []string{"declare an input or output of type Secret for it in the concept"}
		case a.Name == HeadersField:
			d.Message = secret + " is a part of the headers"
			d.Notes = []string{"name the header as a credential below “use”, as in “key from header \"X-Key\"”, and write its field in “when”"}
		case !fields:
			d.Message = secret + " is inside of a list in the field “" + a.Name + "”"
			d.Notes = []string{"a list cannot keep an item secret; let the client send the secret in a field of its own"}
		default:
			d.Message = secret + " is a part of the field “" + a.Name + "”, which no record pattern divides"
			d.Notes = []string{"divide the field in “when”, as in “" + patternText(a.Name, [][]string{x.path}) + "”, and use the variables that the pattern binds"}
			if method, _ := p.Route(); method == "GET" || method == "HEAD" {
				d.Notes = []string{"let the client send the secret in a field of its own"}
			} else {
				d.Fix = c.dividing(p, a)
			}
		}
		c.add(d)
	}
}
