package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/legible-lang/legible/internal/check/flows"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/internal/source"
	"github.com/legible-lang/legible/internal/words"
)

func newRoutes(s Streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "routes [PATH]",
		Short: "List the routes of a program",
		Long: `Routes lists every route of the program: its method and path, the fields of the
request with their types (name? is optional), the required credential and how it is
checked, for each field that decides whose data is changed or shown the line that
relates it to the caller, and the answers: the syncs with their statuses, and the refusals that
become the answer because no sync matches them. Exposed actions come last.`,
		Example: "  legible routes apps/focusreader\n  legible routes --json | jq 'select(.demands == null) | .path'",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, paths []string) error {
			p, err := analyzed(s, paths, "the routes listed are those of one")
			if err != nil {
				return err
			}
			endpoints := plan.Build(p.Program).Endpoints(p.EntryPoints)
			if asJSON {
				err = writeEndpointsJSON(s.Out, endpoints)
			} else {
				_, err = io.WriteString(s.Out, endpointTable(endpoints))
			}
			if err != nil {
				return fmt.Errorf("listing the routes: %w", err)
			}
			open := 0
			for _, d := range endpoints {
				if d.Credential() == nil {
					open++
				}
			}
			fmt.Fprintf(s.Err, "%s; %s\n", words.Counted(len(endpoints), "route"), without(open))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the routes as JSON, one object per line")
	return cmd
}

func without(n int) string {
	if n == 1 {
		return "1 needs no credential"
	}
	return fmt.Sprintf("%d need no credential", n)
}

// endpointTable draws the routes as a table whose cells may have several lines.
func endpointTable(endpoints []*plan.Endpoint) string {
	rows := [][][]string{{{"ROUTE"}, {"FIELD"}, {"TYPE"}, {"DEMANDS"}, {"WHOSE DATA"}, {"ANSWERS"}}}
	for _, d := range endpoints {
		var fields, types []string
		for _, f := range d.Fields {
			fields = append(fields, optional(f))
			types = append(types, typeOf(f))
		}
		rows = append(rows, [][]string{{anyMethod(d) + " " + d.Path}, fields, types, demands(d), whose(d), answers(d)})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			for _, line := range cell {
				widths[i] = max(widths[i], utf8.RuneCountInString(line))
			}
		}
	}
	var b strings.Builder
	for _, row := range rows {
		height := 1
		for _, cell := range row {
			height = max(height, len(cell))
		}
		for n := range height {
			line := ""
			for i, cell := range row {
				text := ""
				if n < len(cell) {
					text = cell[n]
				}
				line += text + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)+2)
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	return b.String()
}

func anyMethod(d *plan.Endpoint) string { return cmp.Or(d.Method, "any") }

func optional(f *plan.Field) string {
	if f.Optional {
		return f.Name + "?"
	}
	return f.Name
}

// typeOf is the type of a field with what else there is to know of it.
func typeOf(f *plan.Field) string {
	text := f.TypeText()
	if f.Secret && text != "Secret" {
		text += ", secret"
	}
	if f.Param {
		text += ", in the path"
	}
	return text
}

// demands says which credential is asked for and what it is held against.
func demands(d *plan.Endpoint) []string {
	f := d.Credential()
	if f == nil {
		return []string{"nothing"}
	}
	if len(d.Lookups) == 0 {
		return []string{optional(f) + ", looked up nowhere"}
	}
	var list []string
	for _, l := range d.Lookups {
		list = append(list, optional(f)+" by "+l.By)
	}
	return list
}

// whose says for each field that decides whose data is changed or shown why the caller
// may choose it.
func whose(d *plan.Endpoint) []string {
	var list []string
	for _, a := range d.Access {
		switch a.Kind {
		case flows.Chosen:
			list = append(list, a.Field+" of anyone")
		case flows.Related:
			list = append(list, a.Field+" by "+fileLine(a.Span))
		case flows.ByRole:
			list = append(list, "any "+a.Field+" by "+fileLine(a.Span))
		case flows.Declared:
			list = append(list, "any "+a.Field+", open in "+fileLine(a.Span))
		case flows.Mentioned:
			list = append(list, a.Field+" only mentioned")
		}
	}
	return list
}

// answers says who answers, with which statuses, and which refusals are the
// answer when no sync matches them.
func answers(d *plan.Endpoint) []string {
	var list []string
	switch {
	case d.Action != nil:
		list = append(list, "200 "+d.Action.FullName()+", exposed")
	case d.Query != nil:
		list = append(list, "200 "+d.Query.FullName()+", exposed")
	}
	var syncs []*plan.Sync
	statuses := map[*plan.Sync][]string{}
	for _, a := range d.Answers {
		if statuses[a.Sync] == nil {
			syncs = append(syncs, a.Sync)
		}
		status := "any"
		if a.Status != 0 {
			status = strconv.Itoa(a.Status)
		}
		statuses[a.Sync] = append(statuses[a.Sync], status)
	}
	for _, s := range syncs {
		slices.Sort(statuses[s])
		list = append(list, strings.Join(slices.Compact(statuses[s]), ", ")+" "+s.Name)
	}
	for _, r := range d.Refusals {
		line := fmt.Sprintf("%d %s", r.Status, r.Code)
		if !slices.Contains(list, line) {
			list = append(list, line)
		}
	}
	if len(list) == 0 {
		return []string{"nobody"}
	}
	return list
}

// The routes as JSON.
type (
	doorJSON struct {
		Method   string        `json:"method"` // "" for any
		Path     string        `json:"path"`
		At       string        `json:"at"`
		Exposes  string        `json:"exposes,omitempty"`
		Why      string        `json:"why,omitempty"`
		Fields   []fieldJSON   `json:"fields"`
		Demands  *demandJSON   `json:"demands"` // null where nothing is demanded
		Whose    []whoseJSON   `json:"whose"`   // fields that decide whose data is changed or shown
		Answers  []answerJSON  `json:"answers"`
		Refusals []refusalJSON `json:"refusals"`
		Syncs    []string      `json:"syncs"`
		Asks     []string      `json:"asks"`
	}
	fieldJSON struct {
		Name       string `json:"name"`
		Type       string `json:"type"`
		Optional   bool   `json:"optional"`
		Secret     bool   `json:"secret"`
		Credential bool   `json:"credential"`
		InPath     bool   `json:"inPath"`
	}
	demandJSON struct {
		Field    string       `json:"field"`
		Optional bool         `json:"optional"`
		From     []string     `json:"from"`
		By       []lookupJSON `json:"by"`
	}
	lookupJSON struct {
		By string `json:"by"`
		At string `json:"at"`
	}
	whoseJSON struct {
		Field string `json:"field"`
		// Kind is "related", "role", "declared", "mentioned" or "chosen".
		Kind string `json:"kind"`
		At   string `json:"at,omitempty"` // of the line that says so
	}
	answerJSON struct {
		Sync   string `json:"sync"`
		Status int    `json:"status"` // 0 where the line computes it
		At     string `json:"at"`
	}
	refusalJSON struct {
		Action   string `json:"action"`
		Code     string `json:"code"`
		Status   int    `json:"status"`
		Sentence string `json:"sentence"`
	}
)

func writeEndpointsJSON(w io.Writer, endpoints []*plan.Endpoint) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, d := range endpoints {
		if err := out.Encode(jsonOf(d)); err != nil {
			return err
		}
	}
	return nil
}

func jsonOf(d *plan.Endpoint) doorJSON {
	j := doorJSON{Method: d.Method, Path: d.Path, At: place(d.Span), Why: d.Why, Fields: []fieldJSON{}, Whose: []whoseJSON{},
		Answers: []answerJSON{}, Refusals: []refusalJSON{}, Syncs: []string{}, Asks: []string{}}
	switch {
	case d.Action != nil:
		j.Exposes = d.Action.FullName()
	case d.Query != nil:
		j.Exposes = d.Query.FullName()
	}
	for _, f := range d.Fields {
		j.Fields = append(j.Fields, fieldJSON{f.Name, f.TypeText(), f.Optional, f.Secret, f.Credential != nil, f.Param})
	}
	if f := d.Credential(); f != nil {
		j.Demands = &demandJSON{Field: f.Name, Optional: f.Optional, From: plan.CredentialPlaces(f.Credential), By: []lookupJSON{}}
		for _, l := range d.Lookups {
			j.Demands.By = append(j.Demands.By, lookupJSON{l.By, place(l.Span)})
		}
	}
	for _, a := range d.Access {
		j.Whose = append(j.Whose, whoseJSON{a.Field, a.Kind.String(), place(a.Span)})
	}
	for _, a := range d.Answers {
		j.Answers = append(j.Answers, answerJSON{a.Sync.Name, a.Status, place(a.Ask.Span)})
	}
	for _, r := range d.Refusals {
		j.Refusals = append(j.Refusals, refusalJSON{r.Action.FullName(), r.Code, r.Status, r.Sentence})
	}
	for _, s := range d.Syncs {
		j.Syncs = append(j.Syncs, s.Name)
	}
	for _, a := range d.Changes {
		j.Asks = append(j.Asks, a.FullName())
	}
	return j
}

func place(s source.Span) string {
	if !s.Known() {
		return ""
	}
	return s.String()
}

// fileLine is a place without its column.
func fileLine(s source.Span) string {
	if !s.Known() {
		return ""
	}
	return s.File.Name + ":" + strconv.Itoa(s.Position().Line)
}
