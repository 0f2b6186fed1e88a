package check

import (
	"math"

	"github.com/legible-lang/legible/internal/diag"
)

// checkReply checks the status, headers and cookies of an answer.
func (inf *inference) checkReply(a *Ask) {
	if a.Instance.Concept.Name != RequestingConcept || a.Action.Name != "respond" || inf.quiet {
		return
	}
	inf.lostInFormat(a)
	for _, x := range a.In {
		n, number := x.Term.Literal.Num()
		if _, near := diag.Nearest(x.Name, []string{"status"}); near && !quoted(x.Name) && x.Param == nil && number && n >= 200 && n <= 599 {
			inf.ok = false
			inf.c.unknown(diag.UnknownInput, x.Tree.Name, "“"+x.Name+"” would be sent to the client as a field", []string{"status"})
			continue
		}
		switch x.Name {
		case "status":
			if number && (n < 200 || n > 599 || n != math.Trunc(n)) {
				inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: x.Term.Span,
					Message: "the status must be an integer from 200 to 599"})
			}
		case "headers", "cookies":
			t := x.Term.ValueType()
			if t.Kind == Unknown || t.Kind == Json || t.Kind == Record {
				continue
			}
			inf.report(diag.Diagnostic{Code: diag.WrongValue, Span: x.Term.Span,
				Message: "the " + x.Name + " of an answer must be a record, and this is " + Describe(t),
				Notes:   []string{"as in “" + x.Name + ": {name: value}”"}})
		}
	}
}
