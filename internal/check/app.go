package check

import (
	"maps"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/syntax"
)

// RequestingConcept is the name of the concept that stands for HTTP. Its request
// takes any further inputs: the fields that a client sends.
const RequestingConcept = "Requesting"

// app resolves the instances of the program and their bindings.
func (c *checker) app() {
	for _, f := range c.files {
		for _, s := range f.Scenarios {
			if !s.Broken {
				c.program.Scenarios = append(c.program.Scenarios, s)
			}
		}
		for _, a := range f.Apps {
			if first := c.program.App; first != nil {
				c.declaredTwice(a.Name.Span, first.Name.Span, "the program has two apps, “"+first.Name.Text+"” and “"+a.Name.Text+"”")
				continue
			}
			c.program.App, c.program.Name = a, a.Name.Text
			c.hasApp, c.appBroken = true, a.Broken
		}
	}
	app := c.program.App
	if app == nil {
		for _, name := range slices.Sorted(maps.Keys(c.specs)) {
			c.addInstance(name, c.specs[name], nil)
		}
		c.resolveBindings()
		return
	}
	for _, u := range app.Uses {
		c.use(u)
	}
	c.formerInstances()
	c.resolveBindings()
	for _, e := range app.Exposes {
		c.expose(e)
	}
}

func (c *checker) use(u *syntax.Use) {
	name := u.As
	if name.Text == "" {
		name = u.Concept
	}
	if name.Text == "" {
		return
	}
	if first := c.program.Instances[name.Text]; first != nil {
		message := "two uses have the name “" + name.Text + "”"
		if u.As.Text == "" {
			message = "the app uses “" + name.Text + "” twice; give the second use another name, as in “use " + name.Text + " as Other”"
		}
		c.declaredTwice(name.Span, first.Use.Span, message)
		return
	}
	for _, other := range c.instanceNames() {
		if strings.EqualFold(other, name.Text) {
			c.declaredTwice(name.Span, c.program.Instances[other].Use.Span, "the names of the uses “"+name.Text+"” and “"+other+"” "+differInCase)
		}
	}
	s := c.spec(u.Concept.Text)
	if s == nil {
		c.unknown(diag.UnknownConcept, u.Concept, "there is no concept “"+u.Concept.Text+"”", c.conceptNames())
		c.appBroken = true // do not report the names that it would have declared
		return
	}
	i := c.addInstance(name.Text, s, u)
	for _, t := range u.Credentials {
		if s.concept.Name != RequestingConcept {
			c.errorAt(diag.BadCredential, t.Span, "“"+s.concept.Name+"” cannot have credentials; only "+RequestingConcept+" can")
			continue
		}
		c.credential(i, t)
	}
	if u.Errors != nil {
		c.errorFormat(i, u.Errors)
	}
}

// formerInstances checks the names that instances had in an earlier version.
func (c *checker) formerInstances() {
	was := map[string]*Instance{}
	for _, name := range c.instanceNames() {
		in := c.program.Instances[name]
		if in.Use == nil || in.Use.Was.Text == "" {
			continue
		}
		former := in.Use.Was
		if c.program.Instances[former.Text] != nil {
			c.stillThere(former, "the name of a use", "use")
		}
		if first := was[former.Text]; first != nil {
			c.declaredTwice(former.Span, first.Use.Was.Span, "two uses were “"+former.Text+"”")
		}
		was[former.Text] = in
	}
}

func (c *checker) addInstance(name string, s *spec, u *syntax.Use) *Instance {
	i := &Instance{Name: name, Concept: s.concept, Use: u, Bindings: map[string]Type{}}
	c.program.Instances[name] = i
	return i
}

func (c *checker) conceptNames() []string {
	names := slices.AppendSeq(slices.Clone(c.opt.Known), maps.Keys(c.specs))
	slices.Sort(names)
	return slices.Compact(names)
}

func (c *checker) instanceNames() []string { return slices.Sorted(maps.Keys(c.program.Instances)) }

func (c *checker) credential(i *Instance, t *syntax.Credential) {
	for _, other := range i.Credentials {
		if other.Field == t.Field.Text {
			c.errorAt(diag.DeclaredTwice, t.Field.Span, "the credential “"+t.Field.Text+"” is declared twice")
			return
		}
	}
	credential := &Credential{Field: t.Field.Text}
	for _, from := range t.From {
		switch from.Kind.Text {
		case "body":
			credential.Body = true
		case "bearer":
			credential.Bearer = true
		case "cookie":
			credential.Cookies = append(credential.Cookies, from.Name)
		case "header":
			credential.Headers = append(credential.Headers, from.Name)
		case "authorization":
			c.scheme(credential, from)
		}
	}
	i.Credentials = append(i.Credentials, credential)
}

// scheme adds a scheme of the header Authorization, whose name is one word.
func (c *checker) scheme(credential *Credential, from *syntax.Carrier) {
	switch {
	case !isScheme(from.Name):
		c.errorAt(diag.BadCredential, from.Span, "the scheme of the header Authorization is one word of letters, digits and “-”, as in “authorization \"Token\"”")
	case strings.EqualFold(from.Name, "Bearer"):
		c.add(diag.Diagnostic{Code: diag.BadCredential, Span: from.Span, Message: "the scheme Bearer is written “bearer”",
			Fix: &diag.Fix{Title: "write bearer", Edits: []diag.Edit{{Span: from.Span, Text: "bearer"}}}})
	case strings.EqualFold(from.Name, "Basic") || strings.EqualFold(from.Name, "Digest"):
		c.errorAt(diag.BadCredential, from.Span, "the scheme “"+from.Name+"” does not carry a token",
			"the credential is what follows the scheme, as it is; Basic has a name and a password in base64")
	case slices.ContainsFunc(credential.Schemes, func(s string) bool { return strings.EqualFold(s, from.Name) }):
		c.errorAt(diag.DeclaredTwice, from.Span, "the scheme “"+from.Name+"” is listed twice")
	default:
		credential.Schemes = append(credential.Schemes, from.Name)
	}
}

// isScheme reports whether a word can be a scheme of the header Authorization.
func isScheme(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
}

// instance finds an instance by name. Without an app, each concept becomes an
// instance when it is first named. A name that is not found is reported, unless the
// app itself is broken.
func (c *checker) instance(name syntax.Name) *Instance {
	if name.Text == "" {
		return nil
	}
	if i := c.program.Instances[name.Text]; i != nil {
		return i
	}
	if !c.hasApp {
		if s := c.spec(name.Text); s != nil {
			i := c.addInstance(name.Text, s, nil)
			for _, p := range s.concept.Params {
				c.bound(i, p, nil)
			}
			return i
		}
		c.noConcept(name, "there is no concept “"+name.Text+"”", c.conceptNames())
		return nil
	}
	if c.appBroken {
		return nil
	}
	if s := c.specs[name.Text]; s != nil {
		if others := c.usesOf(s.concept); len(others) > 0 {
			d := diag.Diagnostic{Code: diag.ConceptNotUsed, Span: name.Span,
				Message: "the app uses “" + name.Text + "” under the name “" + others[0] + "”"}
			if len(others) > 1 {
				d.Message = "the app uses “" + name.Text + "” under the names “" + strings.Join(others, "” and “") + "”"
			}
			for _, other := range others {
				if u := c.program.Instances[other].Use; u != nil {
					d.Related = append(d.Related, diag.Related{Span: u.Span, Message: "“" + other + "” is declared here"})
				}
			}
			if u := c.program.Instances[others[0]].Use; u != nil && len(others) == 1 {
				d.Origins = []diag.Origin{{Span: u.Span, Word: name.Text, Message: "the app uses “" + name.Text + "” under the name “" + others[0] + "”, which contradicts %s"}}
			}
			d.Notes = []string{"write “" + strings.Join(others, "” or “") + "” here, or “use " + name.Text + "” in the app"}
			c.add(d)
			return nil
		}
		c.errorAt(diag.ConceptNotUsed, name.Span,
			"the app “"+c.program.Name+"” does not use the concept “"+name.Text+"”",
			"write “use "+name.Text+"” in the app")
		c.inApp(name)
		return nil
	}
	c.noConcept(name, "the app “"+c.program.Name+"” does not use a concept “"+name.Text+"”", c.instanceNames())
	return nil
}

// usesOf returns the names of the instances of a concept.
func (c *checker) usesOf(concept *Concept) []string {
	var names []string
	for _, name := range c.instanceNames() {
		if c.program.Instances[name].Concept == concept {
			names = append(names, name)
		}
	}
	return names
}

// noConcept reports an unknown concept. A name that is not a misspelling is
// reported once in each file.
func (c *checker) noConcept(name syntax.Name, message string, known []string) {
	key := name.Text
	if name.Span.File != nil {
		key += "\x00" + name.Span.File.Name
	}
	if _, near := diag.Nearest(name.Text, known); !near && c.missing[key] {
		return
	}
	c.missing[key] = true
	c.unknown(diag.UnknownConcept, name, message, known)
	if _, near := diag.Nearest(name.Text, known); !near {
		c.inApp(name)
	}
}

// inApp makes the app the origin of the last finding: a use is missing there.
func (c *checker) inApp(name syntax.Name) {
	if app := c.program.App; app != nil {
		d := &c.diags[len(c.diags)-1]
		d.Origins = append(d.Origins, diag.Origin{Span: app.Name.Span, Word: name.Text,
			Message: "the app does not use a concept “" + name.Text + "”, which stands in %s"})
	}
}

func (c *checker) expose(t *syntax.Expose) {
	i := c.instance(t.Concept)
	if i == nil || t.Member.Text == "" {
		return
	}
	s := c.specs[i.Concept.Name]
	e := &Exposed{Tree: t, Instance: i, Action: s.action(t.Member.Text), Query: s.query(t.Member.Text)}
	if e.Action == nil && e.Query == nil {
		if !s.broken() {
			c.unknown(diag.UnknownAction, t.Member, "“"+i.Concept.Name+"” has no action or query “"+t.Member.Text+"”",
				append(s.actionNames(), s.queryNames()...))
		}
		return
	}
	for _, other := range c.program.Exposed {
		if other.Instance == i && other.Action == e.Action && other.Query == e.Query {
			c.declaredTwice(t.Span, other.Tree.Span, "“"+t.Concept.Text+"."+t.Member.Text+"” is exposed twice")
			return
		}
	}
	c.program.Exposed = append(c.program.Exposed, e)
}
