package diag

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/legible-lang/legible/internal/source"
)

// The types of the JSON output. Existing field names do not change; new fields
// may be added.
type (
	jsonDiagnostic struct {
		Code     Code          `json:"code"`
		Name     string        `json:"name,omitempty"`
		Severity string        `json:"severity"`
		Message  string        `json:"message"`
		Place    *jsonPlace    `json:"place,omitempty"`
		Related  []jsonRelated `json:"related,omitempty"`
		Notes    []string      `json:"notes,omitempty"`
		Fix      *jsonFix      `json:"fix,omitempty"`
	}
	jsonPlace struct {
		File  string       `json:"file"`
		Start jsonPosition `json:"start"`
		End   jsonPosition `json:"end"`
	}
	// Lines and columns count from 1, columns in characters; offset is in bytes.
	jsonPosition struct {
		Line   int `json:"line"`
		Column int `json:"column"`
		Offset int `json:"offset"`
	}
	jsonRelated struct {
		Place   *jsonPlace `json:"place,omitempty"`
		Message string     `json:"message"`
	}
	jsonFix struct {
		Title string     `json:"title"`
		Edits []jsonEdit `json:"edits"`
	}
	jsonEdit struct {
		Place *jsonPlace `json:"place"`
		Text  string     `json:"text"`
	}
)

// WriteJSON writes findings as JSON, one object per line.
func WriteJSON(w io.Writer, ds []Diagnostic) error {
	names := catalogueNames()
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, d := range ds {
		j := jsonDiagnostic{Code: d.Code, Name: names[d.Code].Name, Severity: d.Severity.String(),
			Message: d.Message, Place: placeOf(d.Span), Notes: d.Notes}
		for _, r := range d.Related {
			j.Related = append(j.Related, jsonRelated{placeOf(r.Span), r.Message})
		}
		if d.Fix != nil {
			j.Fix = &jsonFix{Title: d.Fix.Title, Edits: []jsonEdit{}}
			for _, e := range d.Fix.Edits {
				j.Fix.Edits = append(j.Fix.Edits, jsonEdit{placeOf(e.Span), e.Text})
			}
		}
		if err := enc.Encode(j); err != nil {
			return fmt.Errorf("writing findings as JSON: %w", err)
		}
	}
	return nil
}

func placeOf(s source.Span) *jsonPlace {
	if !s.Known() {
		return nil
	}
	at := func(offset int) jsonPosition {
		p := s.File.Position(offset)
		return jsonPosition{p.Line, p.Column, p.Offset}
	}
	return &jsonPlace{File: s.File.Name, Start: at(s.Start), End: at(s.End)}
}

func catalogueNames() map[Code]CatalogueEntry {
	m := map[Code]CatalogueEntry{}
	for _, e := range Catalogue() {
		m[e.Code] = e
	}
	return m
}
