//go:build unix

package main

import (
	"fmt"
	"slices"
)

// look reads one part of the data of an account and compares it with the ledger.
// With all it reads everything while nothing else runs, and determines unknown
// outcomes.
func (w *worker) look(a *holder, s *session, all bool) {
	reads := []func(){
		func() { w.readDocuments(a, s, all) },
		func() { w.readNotes(a, s, all) },
		func() { w.readTags(a, s, all) },
		func() { w.readFocus(a, s, all) },
		func() { w.readDefaults(a, s, all) },
		func() { w.readDocument(a, s, all) },
		func() { w.ask(a, s) },
	}
	if !all {
		reads[w.rng.IntN(len(reads))]()
		return
	}
	for _, read := range reads {
		read()
	}
}

// read sends a request and passes the answer to got, with the account locked. In a
// quiet span there must be an answer.
func (w *worker) read(a *holder, s *session, of *thing, path string, body any, quiet bool, got func(span, *reply)) {
	needs := []needed{s.needed(a)}
	if of != nil {
		needs = append(needs, of.needed())
	}
	what := path
	if body == nil {
		what = "/documents/{document}/content"
	}
	w.do(a, call{what: what, path: path, body: body, token: s.token}, needs, nil, func(d *deed, r *reply) {
		switch {
		case d.fate == done:
			got(span{d.asked, d.answered}, r)
		case quiet:
			w.differ("%s of %s, with nothing in its way, was answered %d: %s", path, a.name, r.status, r.raw)
		}
	})
}

// holdRows compares a list of the things of a kind.
func (w *worker) holdRows(a *holder, kind int, rows []row, of *thing, s span, quiet bool) {
	for _, wrong := range a.hold(kind, rows, of, s, quiet) {
		w.differ("%s", wrong)
	}
}

func rowOf(v any, text string) row {
	fields, _ := v.(map[string]any)
	var r row
	r.id, _ = fields["_id"].(string)
	r.text, _ = fields[text].(string)
	return r
}

func (w *worker) findLibrary(a *holder, s *session) {
	w.read(a, s, nil, "/Library/_getLibraryByUser", fields{}, false, func(_ span, r *reply) {
		if len(r.list) != 1 {
			w.differ("the account %s has %d libraries: %s", a.name, len(r.list), r.raw)
			return
		}
		a.library, _ = inner(r.list[0], "library")["_id"].(string)
	})
}

func (w *worker) readDocuments(a *holder, s *session, quiet bool) {
	if a.library == "" {
		w.findLibrary(a, s)
	}
	if a.library == "" {
		return
	}
	w.read(a, s, nil, "/Library/_getDocumentsInLibrary", fields{"library": a.library}, quiet, func(sp span, r *reply) {
		var rows []row
		for _, x := range r.list {
			rows = append(rows, rowOf(inner(x, "document"), "name"))
		}
		w.holdRows(a, documents, rows, nil, sp, quiet)
		if quiet { // the notes of deleted documents are deleted
			a.things[notes] = slices.DeleteFunc(a.things[notes], func(x *thing) bool { return x.of.made.fate == undone })
		}
	})
}

// readNotes reads the notes of one document, or of all.
func (w *worker) readNotes(a *holder, s *session, quiet bool) {
	for _, document := range w.some(a, documents, quiet) {
		w.read(a, s, document, "/Annotation/search", fields{"document": document.id}, quiet, func(sp span, r *reply) {
			list, _ := r.fields["annotations"].([]any)
			var rows []row
			for _, x := range list {
				rows = append(rows, rowOf(x, "content"))
			}
			w.holdRows(a, notes, rows, document, sp, quiet)
		})
	}
}

// some returns one thing of a kind, or all.
func (w *worker) some(a *holder, kind int, all bool) []*thing {
	a.mu.Lock()
	defer a.mu.Unlock()
	if all {
		return slices.Clone(a.things[kind])
	}
	if x := a.pick(w.rng, kind); x != nil {
		return []*thing{x}
	}
	return nil
}

func (w *worker) readTags(a *holder, s *session, quiet bool) {
	w.read(a, s, nil, "/Annotation/_getTags", fields{}, quiet, func(sp span, r *reply) {
		var rows []row
		for _, x := range r.list {
			rows = append(rows, rowOf(inner(x, "tag"), "title"))
		}
		w.holdRows(a, tags, rows, nil, sp, quiet)
	})
}

// readFocus reads the focus sessions. In a quiet span there is one for each opened
// document.
func (w *worker) readFocus(a *holder, s *session, quiet bool) {
	w.read(a, s, nil, "/FocusStats/_getSessions", fields{}, quiet, func(sp span, r *reply) {
		list, _ := r.fields["sessions"].([]any)
		var rows []row
		for _, x := range list {
			rows = append(rows, rowOf(x, ""))
		}
		before := len(a.things[focuses])
		w.holdRows(a, focuses, rows, nil, sp, false)
		a.focused += len(a.things[focuses]) - before
		if !quiet {
			return
		}
		w.holdRows(a, focuses, rows, nil, sp, true)
		least, most := 0, 0
		for _, o := range a.opens {
			most += count1(o.fate != undone)
			// A document that was opened during its removal may have no session.
			least += count1(o.fate == done && !slices.ContainsFunc(o.document.endings(), func(d *deed) bool { return d.mayPrecede(o.answered) }) && o.document.made.fate == done)
		}
		if a.focused < least || a.focused > most {
			w.differ("%s has had %d focus sessions, and opened documents %d to %d times", a.name, a.focused, least, most)
		}
		a.focused, a.opens = 0, nil
	})
}

func (w *worker) readDefaults(a *holder, s *session, quiet bool) {
	w.read(a, s, nil, "/TextSettings/_getUserDefaultSettings", fields{}, quiet, func(sp span, r *reply) {
		w.holdSize(a, &a.thing, sp, r, quiet)
	})
}

func (w *worker) readSettings(a *holder, s *session, x *thing, quiet bool) {
	w.read(a, s, x, "/TextSettings/_getDocumentCurrentSettings", fields{"document": x.id}, quiet, func(sp span, r *reply) {
		w.holdSize(a, x, sp, r, quiet)
	})
}

// holdSize compares settings: they exist and are consistent.
func (w *worker) holdSize(a *holder, x *thing, sp span, r *reply, quiet bool) {
	if len(r.list) == 0 && !x.must(sp) {
		return // it was deleted meanwhile
	}
	if len(r.list) != 1 {
		w.differ("%s of %s has %d settings: %s", x.id, a.name, len(r.list), r.raw)
		return
	}
	in := inner(r.list[0], "settings")
	id, _ := in["_id"].(string)
	if x.own == "" {
		x.own = id
	}
	if size := fmt.Sprint(in["fontSize"]); x.own != id || !x.size.may(size, sp) {
		w.differ("the settings %s of %s %s have size %s, were %s, and were written as %v", id, a.name, x.id, size, x.own, x.size)
	} else if quiet {
		x.size.settle(size, sp.to)
	}
}

// readDocument reads the settings and the contents of a document.
func (w *worker) readDocument(a *holder, s *session, quiet bool) {
	for _, x := range w.some(a, documents, quiet) {
		w.readSettings(a, s, x, quiet)
		w.read(a, s, x, "/documents/"+x.id+"/content", nil, quiet, func(_ span, r *reply) {
			if string(r.raw) != string(x.book) {
				w.differ("the book %s of %s has %d bytes, and had %d", x.id, a.name, len(r.raw), len(x.book))
			}
		})
	}
}

// ask determines the user of a session, and whether it is valid.
func (w *worker) ask(a *holder, s *session) (is bool) {
	_, r := w.do(a, call{what: "/Profile/_getUserDetails", path: "/Profile/_getUserDetails", body: fields{}, token: s.token}, []needed{s.needed(a)}, nil, func(d *deed, r *reply) {
		if name := r.text("username"); d.fate == done && name != a.name {
			w.differ("a session of %s is one of %q", a.name, name)
		}
	})
	return r.status == 200
}
