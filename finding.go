package legible

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
)

// A Finding is an error or a warning of the checker.
type Finding struct {
	// Place is where it is, as file:line:column; "-" if it is nowhere in a text.
	Place string
	// Code is the permanent number of its kind, such as "L0216". The command
	// "legible explain" describes it.
	Code string
	// Warning is set if the program can run nevertheless.
	Warning bool
	Message string
}

// String returns the finding as one line.
func (f Finding) String() string { return fmt.Sprintf("%s: %s [%s]", f.Place, f.Message, f.Code) }

// A CheckError says that a program does not pass the checker.
type CheckError struct{ Findings []Finding }

// Error lists the findings that are errors.
func (e *CheckError) Error() string {
	var b strings.Builder
	b.WriteString("the program does not pass the checker:")
	for _, f := range e.Findings {
		if !f.Warning {
			b.WriteString("\n" + f.String())
		}
	}
	return b.String()
}

func findings(found []diag.Diagnostic) []Finding {
	var list []Finding
	for _, d := range found {
		list = append(list, Finding{d.Span.String(), string(d.Code), d.Severity == diag.Warning, d.Message})
	}
	return list
}
