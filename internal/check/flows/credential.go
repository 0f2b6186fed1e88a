package flows

import (
	"slices"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/diag"
)

// credentialOrigins adds to the findings about routes that look at no credential the
// credentials that no sync reads: a credential with a misspelt name causes all of them.
func (an *analyzer) credentialOrigins() {
	var fields []string // that syncs read
	for _, s := range an.program.Syncs {
		for _, p := range s.When {
			for _, a := range p.In {
				if p.IsRequest() && !slices.Contains(fields, a.Name) {
					fields = append(fields, a.Name)
				}
			}
		}
	}
	var origins, near []diag.Origin
	for _, i := range an.program.Instances {
		if i.Use == nil || i.Concept.Name != check.RequestingConcept {
			continue
		}
		for _, c := range i.Use.Credentials {
			if slices.Contains(fields, c.Field.Text) {
				continue
			}
			o := diag.Origin{Span: c.Span, Least: 4, Message: "no sync reads the credential “" + c.Field.Text + "”"}
			name, isNear := diag.Nearest(c.Field.Text, fields)
			if isNear {
				o.Message += "; did you mean “" + name + "”, which the syncs read as an ordinary field? It concerns %s"
				o.Least = 2
				near = append(near, o)
			} else {
				o.Message += ", which concerns %s"
				origins = append(origins, o)
			}
		}
	}
	if len(near) > 0 {
		origins = near
	}
	for i := range an.found {
		if d := &an.found[i]; slices.Contains([]diag.Code{diag.OpenRoute, diag.ClientChanges, diag.ClientReads, diag.UnknownIdentity}, d.Code) {
			d.Origins = append(d.Origins, origins...)
		}
	}
}
