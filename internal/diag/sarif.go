package diag

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/legible-lang/legible/internal/source"
)

// The parts of SARIF 2.1.0, the format of code scanners, that WriteSARIF uses.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string     `json:"id"`
		Name  string     `json:"name,omitempty"`
		Short *sarifText `json:"shortDescription,omitempty"`
		Full  *sarifText `json:"fullDescription,omitempty"`
		Help  *sarifText `json:"help,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
		Fixes     []sarifFix      `json:"fixes,omitempty"`
	}
	sarifLocation struct {
		ID       *int          `json:"id,omitempty"`
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifText    `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine"`
		EndColumn   int `json:"endColumn"`
	}
	sarifFix struct {
		Description sarifText     `json:"description"`
		Changes     []sarifChange `json:"artifactChanges"`
	}
	sarifChange struct {
		Artifact     sarifArtifact      `json:"artifactLocation"`
		Replacements []sarifReplacement `json:"replacements"`
	}
	sarifReplacement struct {
		Deleted  sarifRegion `json:"deletedRegion"`
		Inserted sarifText   `json:"insertedContent"`
	}
)

// WriteSARIF writes findings as a SARIF 2.1.0 log.
func WriteSARIF(w io.Writer, ds []Diagnostic) error {
	entries := catalogueNames()
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "legible", Rules: []sarifRule{}}
	index := map[Code]int{}
	for _, d := range ds {
		at, known := index[d.Code]
		if !known {
			at = len(run.Tool.Driver.Rules)
			index[d.Code] = at
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(d.Code, entries))
		}
		run.Results = append(run.Results, sarifResultOf(d, at))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	log := sarifLog{Version: "2.1.0", Runs: []sarifRun{run},
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"}
	if err := enc.Encode(log); err != nil {
		return fmt.Errorf("writing findings as SARIF: %w", err)
	}
	return nil
}

func sarifRuleOf(code Code, entries map[Code]CatalogueEntry) sarifRule {
	r := sarifRule{ID: string(code)}
	if e, ok := entries[code]; ok {
		r.Name = e.Name
		r.Short = &sarifText{e.Title}
		r.Full = &sarifText{e.Explanation}
		r.Help = &sarifText{e.Remedy}
	}
	return r
}

var sarifLevels = map[Severity]string{Error: "error", Warning: "warning", Suggestion: "note"}

func sarifResultOf(d Diagnostic, rule int) sarifResult {
	r := sarifResult{RuleID: string(d.Code), RuleIndex: rule, Level: sarifLevels[d.Severity],
		Message: sarifText{strings.Join(append([]string{d.Message}, d.Notes...), "\n")}}
	if d.Span.Known() {
		r.Locations = []sarifLocation{{Physical: physicalOf(d.Span)}}
	}
	for i, related := range d.Related {
		if related.Span.Known() {
			r.Related = append(r.Related, sarifLocation{ID: &i, Physical: physicalOf(related.Span),
				Message: &sarifText{related.Message}})
		}
	}
	if d.Fix != nil && len(d.Fix.Edits) > 0 {
		fix := sarifFix{Description: sarifText{d.Fix.Title}}
		changes := map[string]int{}
		for _, e := range d.Fix.Edits {
			p := physicalOf(e.Span)
			i, ok := changes[p.Artifact.URI]
			if !ok {
				i = len(fix.Changes)
				changes[p.Artifact.URI] = i
				fix.Changes = append(fix.Changes, sarifChange{Artifact: p.Artifact})
			}
			fix.Changes[i].Replacements = append(fix.Changes[i].Replacements,
				sarifReplacement{Deleted: p.Region, Inserted: sarifText{e.Text}})
		}
		r.Fixes = []sarifFix{fix}
	}
	return r
}

func physicalOf(s source.Span) sarifPhysical {
	if !s.Known() {
		return sarifPhysical{}
	}
	start, end := s.File.Position(s.Start), s.File.Position(s.End)
	u := url.URL{Path: filepath.ToSlash(s.File.Name)}
	if filepath.IsAbs(s.File.Name) {
		u.Scheme = "file"
	}
	return sarifPhysical{
		Artifact: sarifArtifact{u.String()},
		Region:   sarifRegion{start.Line, start.Column, end.Line, end.Column},
	}
}
