//go:build unix

package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A model is the state of the concepts as far as the record shows it: each completed
// action changes it as the specification says. Flows are applied in the order in
// which they began, which is correct for the data of one reader, who does one thing
// at a time.
type model struct {
	tables map[string]map[string]string // members by id, in the form of shown
	names  map[string]string            // of users, including deleted ones
	stay   int                          // sessions of the readers who stay
}

// columns are the columns whose values the record shows.
var columns = map[string][]string{
	"Requesting.Request":      {},
	"Profile.User":            {"username"},
	"Library.Library":         {"user"},
	"Library.Document":        {"library", "name"},
	"Library.Opened":          {},
	"Annotation.Document":     {"creator"},
	"Annotation.Tag":          {"creator", "title"},
	"Annotation.Annotation":   {"creator", "document", "content"},
	"FocusStats.FocusStats":   {"user"},
	"FocusStats.FocusSession": {"user", "document", "end"},
	"TextSettings.Settings":   {"font", "fontSize"},
	"TextSettings.Default":    {"user"},
	"TextSettings.Current":    {"document"},
}

func newModel() model {
	m := model{tables: map[string]map[string]string{}, names: map[string]string{}}
	for name := range columns {
		m.tables[name] = map[string]string{}
	}
	return m
}

// shown formats the columns of a row that the model knows. Of a time it only shows
// whether it is set.
func (m *model) shown(t *store.Table, row store.Row) string {
	var parts []string
	for _, name := range columns[t.Name()] {
		i := t.Column(name)
		if i < 0 {
			parts = append(parts, "no column "+name)
			continue
		}
		parts = append(parts, plain(row[i]))
	}
	return strings.Join(parts, "|")
}

func plain(v value.Value) string {
	if text, ok := v.Text(); ok {
		return text
	}
	if _, ok := v.Moment(); ok {
		return "then"
	}
	return v.String()
}

const never = "null" // the text of plain for a time that is not set

// apply changes the model as a returned action does.
func (m *model) apply(t *testing.T, action string, in, out []value.Field) {
	arg := func(name string) string {
		for _, list := range [][]value.Field{out, in} {
			for _, f := range list {
				if f.Name == name {
					return plain(f.Value)
				}
			}
		}
		return never
	}
	put := func(table, id string, columns ...string) { m.tables[table][id] = strings.Join(columns, "|") }
	// drop removes the members with a value in a column.
	drop := func(table string, column int, what string) (ids []string) {
		for id, row := range m.tables[table] {
			if strings.Split(row, "|")[column] == what {
				delete(m.tables[table], id)
				ids = append(ids, id)
			}
		}
		return ids
	}
	column := func(table, id string, column int) string {
		return strings.Split(m.tables[table][id], "|")[column]
	}
	switch action {
	case "Requesting.request", "Requesting.respond", "Profile.authenticate", "Profile.changePassword":
	// The model does not contain temporary counts and secrets.
	case "Limiting.spend", "Limiting.restore", "Limiting.welcome", "Limiting.forget", "Limiting.expire",
		"Remembering.create", "Remembering.deleteAll", "Remembering.sweep", "Sessioning.sweep":
	case "Profile.createAccount":
		put("Profile.User", arg("user"), arg("username"))
		m.names[arg("user")] = arg("username")
	case "Profile.deleteAccount":
		delete(m.tables["Profile.User"], arg("user"))
	case "Sessioning.create":
		if strings.HasPrefix(m.names[arg("user")], "stays") {
			m.stay++
		}
	case "Sessioning.delete":
		m.stay--
	case "Sessioning.deleteAll":
		if strings.HasPrefix(m.names[arg("user")], "stays") {
			t.Errorf("the account %s was deleted, and nobody asked for it", m.names[arg("user")])
		}
	case "Library.createLibrary":
		put("Library.Library", arg("library"), arg("user"))
	case "Library.createDocument":
		put("Library.Document", arg("document"), arg("library"), arg("name"))
	case "Library.renameDocument":
		put("Library.Document", arg("document"), column("Library.Document", arg("document"), 0), arg("newName"))
	case "Library.openDocument":
		put("Library.Opened", arg("document"))
	case "Library.closeDocument":
		delete(m.tables["Library.Opened"], arg("document"))
	case "Library.removeDocument":
		delete(m.tables["Library.Document"], arg("document"))
		delete(m.tables["Library.Opened"], arg("document"))
	case "Library.deleteLibrary":
		for _, library := range drop("Library.Library", 0, arg("user")) {
			for _, document := range drop("Library.Document", 0, library) {
				delete(m.tables["Library.Opened"], document)
			}
		}
	case "Annotation.registerDocument":
		put("Annotation.Document", arg("document"), arg("creator"))
	case "Annotation.createAnnotation":
		put("Annotation.Annotation", arg("annotation"), arg("creator"), arg("document"), arg("content"))
	case "Annotation.deleteAnnotation":
		delete(m.tables["Annotation.Annotation"], arg("annotation"))
	case "Annotation.forgetDocument":
		delete(m.tables["Annotation.Document"], arg("document"))
		drop("Annotation.Annotation", 1, arg("document"))
	case "Annotation.forgetUser":
		drop("Annotation.Document", 0, arg("user"))
		drop("Annotation.Annotation", 0, arg("user"))
		drop("Annotation.Tag", 0, arg("user"))
	case "FocusStats.initUser":
		put("FocusStats.FocusStats", arg("focusStats"), arg("user"))
	case "FocusStats.startSession":
		for id, row := range m.tables["FocusStats.FocusSession"] {
			if p := strings.Split(row, "|"); p[0] == arg("user") {
				put("FocusStats.FocusSession", id, p[0], p[1], "then")
			}
		}
		put("FocusStats.FocusSession", arg("focusSession"), arg("user"), arg("document"), never)
	case "FocusStats.endSession":
		id := arg("focusSession")
		put("FocusStats.FocusSession", id, column("FocusStats.FocusSession", id, 0), column("FocusStats.FocusSession", id, 1), "then")
	case "FocusStats.forgetUser":
		drop("FocusStats.FocusStats", 0, arg("user"))
		drop("FocusStats.FocusSession", 0, arg("user"))
	case "TextSettings.createUserSettings":
		put("TextSettings.Settings", arg("settings"), arg("font"), arg("fontSize"))
		put("TextSettings.Default", arg("settings"), arg("user"))
	case "TextSettings.createDocumentSettings":
		put("TextSettings.Settings", arg("settings"), arg("font"), arg("fontSize"))
		put("TextSettings.Current", arg("settings"), arg("document"))
	case "TextSettings.editSettings":
		put("TextSettings.Settings", arg("textSettings"), arg("font"), arg("fontSize"))
	case "TextSettings.forgetUser":
		for _, id := range drop("TextSettings.Default", 0, arg("user")) {
			delete(m.tables["TextSettings.Settings"], id)
		}
	case "TextSettings.forgetDocument":
		for _, id := range drop("TextSettings.Current", 0, arg("document")) {
			delete(m.tables["TextSettings.Settings"], id)
		}
	default:
		t.Errorf("the model knows nothing of %s", fmt.Sprint(action))
	}
}
