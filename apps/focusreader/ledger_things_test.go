//go:build unix

package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"net/url"

	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
)

// add requests a new thing of an account.
func (w *worker) add(a *holder, s *session, kind int, x *thing, c call, text, field string) {
	c.changes, c.token = true, s.token
	needs := []needed{s.needed(a)}
	if x.of != nil {
		needs = append(needs, x.of.needed())
	} else {
		x.of = &a.thing
	}
	w.do(a, c, needs, func(d *deed) {
		x.made = d
		x.text.write(d, text)
		if kind == documents {
			x.size.write(d, "16")
			x.open.write(d, "no")
		}
		a.things[kind] = append(a.things[kind], x)
	}, func(d *deed, r *reply) {
		id := r.text(field)
		switch {
		case d.fate != done:
		case x.id != "" && x.id != id:
			w.differ("the %s %q of %s is %s and was answered as %s", kindNames[kind], text, a.name, x.id, id)
		default:
			x.id = id
		}
	})
}

func (w *worker) createTag(a *holder, s *session) {
	title := w.unique("tag")
	w.add(a, s, tags, &thing{}, call{what: "/Annotation/createTag", path: "/Annotation/createTag", body: fields{"title": title}}, title, "tag")
}

// upload uploads a book in one of the three forms.
func (w *worker) upload(a *holder, s *session) {
	a.mu.Lock()
	library := a.library
	a.mu.Unlock()
	if library == "" {
		w.findLibrary(a, s)
		return
	}
	name := w.unique("book")
	book := epubtest.Make(name, a.name, nil, []string{"<p>" + name + "</p>"})
	c := call{what: "/Library/createDocument", path: "/Library/createDocument"}
	switch w.rng.IntN(3) {
	case 0:
		c.body = fields{"name": name, "library": library, "epubContent": base64.StdEncoding.EncodeToString(book)}
	case 1:
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		form.WriteField("name", name) // writing to memory does not fail
		form.WriteField("library", library)
		part, _ := form.CreateFormFile("epubContent", "book.epub")
		part.Write(book)
		form.Close()
		c.what, c.kind, c.body = c.what+" as a form", form.FormDataContentType(), b.Bytes()
	default:
		c.path += "?" + url.Values{"name": {name}, "library": {library}}.Encode()
		c.what, c.kind, c.body = c.what+" as a file", "application/epub+zip", book
	}
	w.add(a, s, documents, &thing{book: book}, c, name, "document")
}

// alter requests a change of an existing thing.
func (w *worker) alter(a *holder, s *session, x *thing, path string, body fields, begin func(*deed)) *deed {
	d, _ := w.do(a, call{what: path, path: path, body: body, token: s.token, changes: true}, []needed{s.needed(a), x.needed()}, begin, nil)
	return d
}

func (w *worker) removeDocument(a *holder, s *session, x *thing) {
	w.alter(a, s, x, "/Library/removeDocument", fields{"document": x.id}, func(d *deed) { x.ends = append(x.ends, d) })
}

func (w *worker) renameDocument(a *holder, s *session, x *thing) {
	name := w.unique("renamed")
	w.alter(a, s, x, "/Library/renameDocument", fields{"document": x.id, "newName": name}, func(d *deed) { x.text.write(d, name) })
}

func (w *worker) openDocument(a *holder, s *session, x *thing) {
	w.alter(a, s, x, "/Library/openDocument", fields{"document": x.id}, func(d *deed) {
		x.open.write(d, "yes")
		a.opens = append(a.opens, open{d, x})
	})
}

func (w *worker) closeDocument(a *holder, s *session, x *thing) {
	w.alter(a, s, x, "/Library/closeDocument", fields{"document": x.id}, func(d *deed) { x.open.write(d, "no") })
}

func (w *worker) annotate(a *holder, s *session, x *thing) {
	content := w.unique("note")
	body := fields{"document": x.id, "color": "gold", "content": content, "location": "epubcfi(/6/4!/4/2)"}
	a.mu.Lock()
	if tag := a.pick(w.rng, tags); tag != nil {
		body["tags"] = []string{tag.id}
	}
	a.mu.Unlock()
	w.add(a, s, notes, &thing{of: x}, call{what: "/Annotation/createAnnotation", path: "/Annotation/createAnnotation", body: body}, content, "annotation")
}

func (w *worker) updateNote(a *holder, s *session, x *thing) {
	content := w.unique("changed note")
	w.alter(a, s, x, "/Annotation/updateAnnotation", fields{"annotation": x.id, "newContent": content}, func(d *deed) { x.text.write(d, content) })
}

func (w *worker) deleteNote(a *holder, s *session, x *thing) {
	w.alter(a, s, x, "/Annotation/deleteAnnotation", fields{"annotation": x.id}, func(d *deed) { x.ends = append(x.ends, d) })
}

func (w *worker) removeFocus(a *holder, s *session) {
	a.mu.Lock()
	x := a.pick(w.rng, focuses)
	a.mu.Unlock()
	if x == nil {
		w.look(a, s, false)
		return
	}
	w.alter(a, s, x, "/FocusStats/removeSession", fields{"focusSession": x.id}, func(d *deed) { x.ends = append(x.ends, d) })
}

// edit sets the font size of a document or of the default settings.
func (w *worker) edit(a *holder, s *session, x *thing, settings string) *deed {
	size := float64(10 + w.rng.IntN(40))
	return w.alter(a, s, x, "/TextSettings/editSettings", fields{"textSettings": settings, "font": "Georgia", "fontSize": size, "lineHeight": 2 * size},
		func(d *deed) { x.size.write(d, fmt.Sprint(size)) })
}

func (w *worker) editDefaults(a *holder, s *session) *deed {
	a.mu.Lock()
	settings := a.own
	a.mu.Unlock()
	if settings == "" {
		w.readDefaults(a, s, false)
		return nil
	}
	return w.edit(a, s, &a.thing, settings)
}

func (w *worker) editDocument(a *holder, s *session, x *thing) {
	a.mu.Lock()
	settings := x.own
	a.mu.Unlock()
	if settings == "" {
		w.readSettings(a, s, x, false)
		return
	}
	w.edit(a, s, x, settings)
}
