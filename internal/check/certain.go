package check

import (
	"regexp"
	"slices"
	"strings"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// KeepCertain leaves the certain fixes in findings about the program and takes out
// the others. A finding that a name is unknown shows that two places differ, not
// which of them is misspelt. The counts of the two words in the texts decide:
//
//   - A word that stands nowhere else is misspelt if the other one is more frequent.
//   - A word that is more frequent is right, and the other one is misspelt if it
//     stands once. Then the fix changes that place, if it is in the same item.
//   - Otherwise there is no fix. If one place is probably misspelt, the finding
//     mentions it.
//
// Texts outside of the program, such as those of ready concepts, are right.
func (p *Program) KeepCertain(found []diag.Diagnostic) {
	var v *vocabulary
	for i := range found {
		d := &found[i]
		if d.Fix == nil || len(d.Fix.Edits) != 1 {
			continue
		}
		e := d.Fix.Edits[0]
		if was := e.Span.Text(); !isWord(was) || !isWord(e.Text) {
			continue
		}
		if v == nil {
			v = p.vocabulary()
		}
		v.decide(d, e, replacements(found, e))
	}
}

// replacements counts the findings whose fix replaces the same word by the same one.
func replacements(found []diag.Diagnostic, e diag.Edit) int {
	var at []source.Span
	for _, d := range found {
		if d.Fix == nil || len(d.Fix.Edits) != 1 {
			continue
		}
		other := d.Fix.Edits[0]
		if other.Text == e.Text && other.Span.Text() == e.Span.Text() && !slices.Contains(at, other.Span) {
			at = append(at, other.Span)
		}
	}
	return len(at)
}

func (v *vocabulary) decide(d *diag.Diagnostic, e diag.Edit, replaced int) {
	was, near := v.own[e.Span.Text()], v.own[e.Text]
	if len(was) == 0 || len(near) == 0 && !v.outside[e.Text] {
		return // a word of the language
	}
	if len(was) <= replaced && !v.outside[e.Span.Text()] && (v.outside[e.Text] || len(near) > len(was)) {
		return
	}
	d.Fix = nil
	if len(near) == 0 || len(near) > max(1, len(was)) || v.outside[e.Text] {
		return
	}
	slip := near[0]
	if item := v.itemAround(e.Span); len(near) == 1 && (len(was) > 1 || v.outside[e.Span.Text()]) && item.File == slip.File && item.Start <= slip.Start && slip.End <= item.End {
		d.Fix = &diag.Fix{Title: "write " + e.Span.Text() + " for “" + e.Text + "” at " + slip.String(),
			Edits: []diag.Edit{{Span: slip, Text: e.Span.Text()}}}
		return
	}
	if !slices.ContainsFunc(d.Related, func(r diag.Related) bool {
		return r.Span.File == slip.File && r.Span.Start <= slip.Start && slip.End <= r.Span.End
	}) {
		d.Related = append(d.Related, diag.Related{Span: slip, Message: "or is “" + strings.Trim(e.Text, `"`) + "” misspelt here?"})
	}
}

// wordOrComment matches the words that can be misspelt, texts included, and comments.
var wordOrComment = regexp.MustCompile(`#[^\n]*|"[^"\n]*"|_?\pL[\pL\d_]*`)

func isWord(text string) bool {
	return text != "" && text[0] != '#' && wordOrComment.FindString(text) == text
}

// A vocabulary is the words of a program.
type vocabulary struct {
	own     map[string][]source.Span // in the texts of the program
	outside map[string]bool          // in concepts that are not among its texts, and in the language
	items   []source.Span            // its syncs and views
}

func (p *Program) vocabulary() *vocabulary {
	v := &vocabulary{own: map[string][]source.Span{}, outside: map[string]bool{}}
	for _, word := range slices.Concat(ErrorNames(), literalWords, Methods, []string{ClientField, NetworkField, FilesField, RawField}) {
		v.outside[word] = true // of the language
	}
	own := map[*source.File]bool{}
	for _, f := range p.files {
		own[f.Source] = true
		for _, at := range wordOrComment.FindAllStringIndex(f.Source.Text, -1) {
			if word := f.Source.Text[at[0]:at[1]]; word[0] != '#' {
				v.own[word] = append(v.own[word], f.Source.Span(at[0], at[1]))
			}
		}
		for _, x := range f.Syncs {
			v.items = append(v.items, x.Span)
		}
		for _, x := range f.Views {
			v.items = append(v.items, x.Span)
		}
	}
	for _, c := range p.Concepts {
		if f := c.Tree.Span.File; !own[f] {
			own[f] = true
			for _, word := range wordOrComment.FindAllString(f.Text, -1) {
				v.outside[word] = true
			}
		}
	}
	return v
}

// itemAround returns the sync or view that contains a place, or the whole text.
func (v *vocabulary) itemAround(at source.Span) source.Span {
	for _, x := range v.items {
		if x.File == at.File && x.Start <= at.Start && at.Start <= x.End {
			return x
		}
	}
	return at.File.Span(0, len(at.File.Text))
}
