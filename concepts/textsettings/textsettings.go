// Package textsettings implements the concept TextSettings: the font, the font size
// and the line height of a text.
//
// Its two main types are [Concept], the actions, and the generated [State]. It
// promises that a style sheet can use the settings unchanged, that a user has one
// default and a document its own settings, and that changing one does not change the
// other. It refuses to know what a font looks like, and who may change settings:
// syncs decide that.
package textsettings

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/legible-lang/legible"
)

//go:generate go run github.com/legible-lang/legible/cmd/legible gen .

const (
	maxFont       = 200 // characters
	maxFontSize   = 500
	maxLineHeight = 1000
)

// New makes the concept, to be passed to legible.New.
func New() legible.Concept {
	return Define(func(s *State) Actions { return &Concept{s} })
}

// A Concept is the Go code of one instance of TextSettings.
type Concept struct{ *State }

// values checks settings against the limits of the specification.
func values(font string, size, height float64) (SettingsRow, error) {
	row := SettingsRow{Font: font, FontSize: size, LineHeight: height}
	switch {
	case !isFont(font):
		return row, ErrBadFont
	case size <= 0 || size > maxFontSize:
		return row, ErrBadFontSize
	case height < size || height > maxLineHeight:
		return row, ErrBadLineHeight
	}
	return row, nil
}

// isFont reports whether a style sheet can use a text as a font: the text neither
// ends the declaration that contains it nor opens anything that it does not close.
func isFont(font string) bool {
	unfit := func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`;{}<>\`, r) }
	if strings.TrimSpace(font) == "" || utf8.RuneCountInString(font) > maxFont || !utf8.ValidString(font) ||
		strings.ContainsFunc(font, unfit) || strings.Contains(font, "/*") {
		return false
	}
	var open rune // the quote that is open
	for _, r := range font {
		switch {
		case r == open:
			open = 0
		case open == 0 && (r == '"' || r == '\''):
			open = r
		}
	}
	return open == 0
}

func (c *Concept) CreateUserSettings(ctx legible.Context, in CreateUserSettingsIn) (CreateUserSettingsOut, error) {
	row, err := values(in.Font, in.FontSize, in.LineHeight)
	if err != nil {
		return CreateUserSettingsOut{}, err
	}
	id, err := c.Settings.Insert(ctx, row)
	if err != nil {
		return CreateUserSettingsOut{}, err
	}
	err = c.Default.Put(ctx, id, DefaultRow{User: in.User})
	if legible.IsTaken(err, "user") {
		err = ErrSettingsExist
	}
	return CreateUserSettingsOut{Settings: id}, err
}

func (c *Concept) CreateDocumentSettings(ctx legible.Context, in CreateDocumentSettingsIn) (CreateDocumentSettingsOut, error) {
	row, err := values(in.Font, in.FontSize, in.LineHeight)
	if err != nil {
		return CreateDocumentSettingsOut{}, err
	}
	id, err := c.Settings.Insert(ctx, row)
	if err != nil {
		return CreateDocumentSettingsOut{}, err
	}
	err = c.Current.Put(ctx, id, CurrentRow{Document: in.Document})
	if legible.IsTaken(err, "document") {
		err = ErrSettingsExist
	}
	return CreateDocumentSettingsOut{Settings: id}, err
}

func (c *Concept) EditSettings(ctx legible.Context, in EditSettingsIn) error {
	row, err := values(in.Font, in.FontSize, in.LineHeight)
	if err != nil {
		return err
	}
	err = c.Settings.Update(ctx, in.TextSettings, row)
	if legible.IsMissing(err) {
		return ErrUnknownSettings
	}
	return err
}

func (c *Concept) ForgetUser(ctx legible.Context, in ForgetUserIn) error {
	id, _, found := c.Default.ByUser(ctx, in.User)
	return c.remove(ctx, id, found)
}

func (c *Concept) ForgetDocument(ctx legible.Context, in ForgetDocumentIn) error {
	id, _, found := c.Current.ByDocument(ctx, in.Document)
	return c.remove(ctx, id, found)
}

// remove deletes settings that were found. They may already be deleted.
func (c *Concept) remove(ctx legible.Context, id Settings, found bool) error {
	if !found {
		return nil
	}
	if err := c.Settings.Delete(ctx, id); !legible.IsMissing(err) {
		return err
	}
	return nil
}

func (c *Concept) GetUserDefaultSettings(ctx legible.Context, in GetUserDefaultSettingsIn) (GetUserDefaultSettingsOut, bool, error) {
	id, _, found := c.Default.ByUser(ctx, in.User)
	if !found {
		return GetUserDefaultSettingsOut{}, false, nil
	}
	row, found := c.Settings.Get(ctx, id)
	return GetUserDefaultSettingsOut{Settings: id, Font: row.Font, FontSize: row.FontSize, LineHeight: row.LineHeight}, found, nil
}

func (c *Concept) GetDocumentCurrentSettings(ctx legible.Context, in GetDocumentCurrentSettingsIn) (GetDocumentCurrentSettingsOut, bool, error) {
	id, _, found := c.Current.ByDocument(ctx, in.Document)
	if !found {
		return GetDocumentCurrentSettingsOut{}, false, nil
	}
	row, found := c.Settings.Get(ctx, id)
	return GetDocumentCurrentSettingsOut{Settings: id, Font: row.Font, FontSize: row.FontSize, LineHeight: row.LineHeight}, found, nil
}

func (c *Concept) GetTextSettings(ctx legible.Context, in GetTextSettingsIn) (GetTextSettingsOut, bool, error) {
	row, found := c.Settings.Get(ctx, in.TextSettings)
	return GetTextSettingsOut(row), found, nil
}
