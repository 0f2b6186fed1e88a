package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/gen"
	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/check/suggest"
	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/syntax"
)

func newExplain(s Streams) *cobra.Command {
	var asJSON, markdown bool
	cmd := &cobra.Command{
		Use:   "explain [CODE...]",
		Short: "Explain a finding, with an example and its fix",
		Long: `Explain describes a finding, given its code, such as L0207, or its name, such as
circular: an explanation, an example with its message, the remedy, and the
corrected example. Without a code it lists all findings.`,
		Example: "  legible explain L0501\n  legible explain unanswered\n  legible explain --json | jq -r .title",
		RunE: func(_ *cobra.Command, args []string) error {
			all := diag.Catalogue()
			entries := all
			if len(args) > 0 {
				entries = nil
			}
			for _, arg := range args {
				e, err := entryNamed(all, arg)
				if err != nil {
					return err
				}
				entries = append(entries, e)
			}
			var err error
			switch {
			case asJSON:
				err = writeEntriesJSON(s.Out, entries)
			case markdown:
				_, err = io.WriteString(s.Out, diagnosticsPage(entries))
			case len(args) == 0:
				_, err = io.WriteString(s.Out, entryList(entries))
			default:
				var texts []string
				for _, e := range entries {
					texts = append(texts, explanation(e))
				}
				_, err = io.WriteString(s.Out, strings.Join(texts, "\n"))
			}
			if err != nil {
				return fmt.Errorf("explaining findings: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the findings as JSON, one object per line")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "print the reference page in Markdown")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

// entryNamed finds an entry by its code or its name, in either case.
func entryNamed(all []diag.CatalogueEntry, word string) (diag.CatalogueEntry, error) {
	var known []string
	for _, e := range all {
		if strings.EqualFold(word, string(e.Code)) || strings.EqualFold(word, e.Name) {
			return e, nil
		}
		known = append(known, string(e.Code), e.Name)
	}
	if near, ok := diag.Nearest(word, known); ok {
		return diag.CatalogueEntry{}, fmt.Errorf("there is no finding %s; did you mean %s?", word, near)
	}
	return diag.CatalogueEntry{}, fmt.Errorf("there is no finding %s; legible explain lists them all", word)
}

// entryList has one line for each entry.
func entryList(entries []diag.CatalogueEntry) string {
	wide := 0
	for _, e := range entries {
		wide = max(wide, len(e.Name))
	}
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s  %-*s  %s\n", e.Code, wide, e.Name, e.Title)
	}
	return b.String()
}

// explanation is the text of one entry, for a terminal.
func explanation(e diag.CatalogueEntry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s\n\n%s\n", e.Code, e.Name, e.Title, wrapped(e.Explanation))
	if e.Example != "" {
		b.WriteString("\nExample:\n\n" + indented(visible(e.Example)))
	}
	if message := messageOf(e); message != "" {
		b.WriteString("\nMessage:\n\n" + indented(message))
	}
	b.WriteString("\nRemedy:\n\n" + indented(wrapped(e.Remedy)))
	if e.Corrected != "" {
		b.WriteString("\nCorrected:\n\n" + indented(e.Corrected))
	}
	if e.Context != "" {
		b.WriteString("\nThe example uses these concepts:\n\n" + indented(e.Context))
	}
	return b.String()
}

// wrapped breaks a text into lines of at most 76 characters.
func wrapped(text string) string {
	const most = 76
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > most:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return strings.Join(append(lines, line), "\n")
}

func indented(text string) string {
	var b strings.Builder
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if line != "" {
			b.WriteString("    " + line)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// visible replaces the invisible bytes of a text by \xNN.
func visible(text string) string {
	var b strings.Builder
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 || unicode.IsControl(r) && r != '\n' && r != '\t' {
			fmt.Fprintf(&b, `\x%02x`, text[i:i+size])
			continue
		}
		b.WriteString(text[i : i+size])
	}
	return b.String()
}

// found returns the findings with the code of an entry in its example.
func found(e diag.CatalogueEntry) []diag.Diagnostic {
	if e.Example == "" {
		return nil
	}
	tree, findings := syntax.Parse(source.NewFile("example", e.Example))
	if !strings.HasPrefix(string(e.Code), "L01") {
		context, _ := syntax.Parse(source.NewFile("concepts", e.Context))
		program, ds := flows.Check([]*syntax.File{context, tree}, check.Options{})
		findings = append(findings, ds...)
		if strings.HasPrefix(string(e.Code), "L043") {
			findings = append(findings, suggest.Find([]*syntax.File{context, tree}, check.Options{}, program)...)
		}
		for _, c := range program.Concepts {
			var f *gen.FindingsError
			if _, err := gen.Go(c, gen.Options{Package: "example", File: "example"}); errors.As(err, &f) {
				findings = append(findings, f.Findings...)
			}
		}
	}
	return slices.DeleteFunc(diag.Sort(findings), func(d diag.Diagnostic) bool { return d.Code != e.Code })
}

// messageOf returns the message for the example of an entry.
func messageOf(e diag.CatalogueEntry) string {
	var b strings.Builder
	if err := diag.WriteText(&b, found(e), diag.TextOptions{}); err != nil {
		return ""
	}
	return visible(b.String())
}

// severity returns the severity of the finding in the example of an entry.
func severity(e diag.CatalogueEntry) string {
	if ds := found(e); len(ds) > 0 {
		return ds[0].Severity.String()
	}
	return diag.Error.String()
}

type entryJSON struct {
	Code        diag.Code `json:"code"`
	Name        string    `json:"name"`
	Severity    string    `json:"severity"`
	Title       string    `json:"title"`
	Explanation string    `json:"explanation"`
	Context     string    `json:"context,omitempty"`
	Example     string    `json:"example"`
	Message     string    `json:"message"`
	Remedy      string    `json:"remedy"`
	Corrected   string    `json:"corrected"`
}

func writeEntriesJSON(w io.Writer, entries []diag.CatalogueEntry) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, e := range entries {
		if err := out.Encode(entryJSON{e.Code, e.Name, severity(e), e.Title, e.Explanation, e.Context,
			visible(e.Example), messageOf(e), e.Remedy, e.Corrected}); err != nil {
			return err
		}
	}
	return nil
}

// chapters are the headings of the reference page, by the beginning of a code.
func chapters() map[string]string {
	return map[string]string{
		"L01": "Syntax",
		"L02": "Names and declarations",
		"L03": "Types",
		"L04": "Variables",
		"L05": "Requests, syncs and secrets",
		"L06": "Generated Go code",
	}
}

// diagnosticsPage is the reference of all findings, in Markdown.
func diagnosticsPage(entries []diag.CatalogueEntry) string {
	var b strings.Builder
	b.WriteString(`# Findings

<!-- written by: legible explain --markdown -->

This page lists the errors and warnings that Legible reports about a program. Each has a permanent code.
` + "`legible explain CODE`" + ` shows the same text in a terminal. A program with an error does not run; a program with a
warning does. A finding that has one safe correction shows it after “fix”, and ` + "`legible check --fix`" + ` applies it.

`)
	b.WriteString("| code | name | meaning |\n| --- | --- | --- |\n")
	for _, e := range entries {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", e.Code, anchor(e), e.Name, strings.ReplaceAll(e.Title, "|", "\\|"))
	}
	writeContexts(&b, entries)
	chapter := ""
	for _, e := range entries {
		if part := string(e.Code[:3]); part != chapter {
			chapter = part
			fmt.Fprintf(&b, "\n## %s\n", cmp.Or(chapters()[part], part))
		}
		fmt.Fprintf(&b, "\n### %s %s\n\n%s: %s.\n\n%s\n", e.Code, e.Name, capital(severity(e)), e.Title, e.Explanation)
		if e.Example != "" {
			b.WriteString(fenced(e.Example))
		}
		if message := messageOf(e); message != "" {
			b.WriteString(fenced(message))
		}
		fmt.Fprintf(&b, "\n**Remedy.** %s\n", e.Remedy)
		if e.Corrected != "" {
			b.WriteString(fenced(e.Corrected))
		}
	}
	return b.String()
}

// writeContexts writes each concept that examples use, once.
func writeContexts(b *strings.Builder, entries []diag.CatalogueEntry) {
	var concepts []string
	for _, e := range entries {
		for c := range strings.SplitSeq(e.Context, "concept ") {
			if c != "" && !slices.Contains(concepts, c) {
				concepts = append(concepts, c)
			}
		}
	}
	if len(concepts) == 0 {
		return
	}
	slices.Sort(concepts)
	b.WriteString("\nMany examples use these concepts:\n")
	b.WriteString(fenced("concept " + strings.Join(concepts, "concept ")))
}

func fenced(text string) string {
	return "\n```text\n" + strings.TrimRight(visible(text), "\n") + "\n```\n"
}

// anchor returns the id of the heading of an entry.
func anchor(e diag.CatalogueEntry) string { return strings.ToLower(string(e.Code)) + "-" + e.Name }

func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }
