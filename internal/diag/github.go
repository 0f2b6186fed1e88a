package diag

import (
	"fmt"
	"io"
	"strings"
)

var (
	annotationText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	annotationProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

var gitHubCommands = map[Severity]string{Error: "error", Warning: "warning", Suggestion: "notice"}

// WriteGitHub writes findings as GitHub workflow commands, which annotate the
// lines of a change.
func WriteGitHub(w io.Writer, ds []Diagnostic) error {
	var b strings.Builder
	for _, d := range ds {
		properties := []string{}
		if d.Span.Known() {
			start, end := d.Span.Position(), d.Span.File.Position(d.Span.End)
			properties = append(properties, "file="+annotationProperty.Replace(d.Span.File.Name),
				fmt.Sprintf("line=%d", start.Line), fmt.Sprintf("endLine=%d", end.Line))
			if start.Line == end.Line { // GitHub rejects columns that span lines
				properties = append(properties, fmt.Sprintf("col=%d", start.Column),
					fmt.Sprintf("endColumn=%d", max(start.Column, end.Column-1)))
			}
		}
		properties = append(properties, "title="+annotationProperty.Replace(string(d.Code)))
		text := strings.Join(append([]string{d.Message}, d.Notes...), "\n")
		fmt.Fprintf(&b, "::%s %s::%s\n", gitHubCommands[d.Severity], strings.Join(properties, ","), annotationText.Replace(text))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing findings as annotations: %w", err)
	}
	return nil
}
