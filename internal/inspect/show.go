package inspect

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/legible-lang/legible/internal/check"
	"github.com/legible-lang/legible/internal/syntax"
	"github.com/legible-lang/legible/value"
)

const (
	shortValue = 120 // characters of a value in a table
	longValue  = 600 // characters of a value that somebody looks at
)

// A Shown is a value for a page.
type shown struct {
	Text string
	Kind string // for its look: "text", "number", "none", "secret", "blob", "other"
	Cut  int    // how many characters it has in all, where not all are shown
	Link string // of an identity whose member can be seen
}

// show formats a value for a page, with at most so many characters.
func show(v value.Value, most int) shown {
	switch v.Kind() {
	case value.Unset, value.NullKind:
		return shown{Text: "none", Kind: "none"}
	case value.SecretKind:
		return shown{Text: value.Hidden, Kind: "secret"}
	case value.StringKind:
		s, _ := v.Text()
		return shortened(s, "text", most)
	case value.TimeKind:
		t, _ := v.Moment()
		return shown{Text: t.Format("2006-01-02 15:04:05"), Kind: "other"}
	case value.BlobKind:
		b := v.Blob()
		return shown{Text: fmt.Sprintf("%s of %s, %x…", size(b.Size), cut(b.Type, 40), b.Hash[:4]), Kind: "blob"}
	case value.OmittedKind:
		return shown{Text: cut(v.String(), most), Kind: "other"}
	case value.NumberKind:
		return shown{Text: v.String(), Kind: "number"}
	}
	return shortened(string(value.AppendJSON(nil, v)), "other", most)
}

// shortened formats a text with at most so many characters. Replacing
// invisible characters does not change its length.
func shortened(s, kind string, most int) shown {
	x := shown{Text: cut(s, most), Kind: kind}
	if n := utf8.RuneCountInString(s); n > most {
		x.Cut = n
	}
	return x
}

// size formats a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// cut shortens a text to so many characters on one line.
func cut(s string, most int) string {
	if len(s) > 4*most+16 {
		s = s[:4*most+16] // no need to look at all of it
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			// Invisible characters, and those that reverse the direction of
			// text.
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	n := 0
	for i := range s {
		if n++; n > most {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}

// trimName removes the name of an action from the beginning of its fault.
func trimName(text, name string) string { return strings.TrimPrefix(text, name+": ") }

// clock formats a time for a list: the time of day in UTC.
func clock(t time.Time) string { return t.UTC().Format("15:04:05.000") }

// lasted formats a duration.
func lasted(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < 2*time.Millisecond:
		return "1 ms" // times have a precision of milliseconds
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// count formats a number with a noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// typeText formats a type in the language.
func typeText(t check.Type, many syntax.Many) string {
	text := ""
	switch t.Kind {
	case check.Unknown:
		text = "anything"
	case check.Identity:
		text = t.Name
	case check.Enum:
		text = strings.Join(t.Constants, " or ")
	case check.List:
		if t.Elem != nil {
			return "list of " + typeText(*t.Elem, syntax.One)
		}
		text = "list"
	case check.Record:
		text = "record"
	default:
		text = [...]string{"String", "Number", "Flag", "Date", "DateTime", "Secret", "Binary", "Json"}[t.Kind-check.String]
	}
	if many != syntax.One {
		return many.String() + " of " + text
	}
	return text
}
