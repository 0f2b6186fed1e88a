package epub

import (
	"bytes"
	"path"
	"strings"
)

// cover finds the picture of the cover, nil if there is none. A cover that cannot be
// shown does not make a book invalid.
func (a *archive) cover(p *pack) (picture []byte, mediaType string) {
	for _, name := range a.candidates(p) {
		data, err := a.file(name, a.limits.Cover)
		if err != nil {
			continue
		}
		if mediaType := pictureType(data); mediaType != "" {
			return data, mediaType
		}
	}
	return nil, ""
}

// candidates returns the entries that may be the cover, the most likely first: as
// declared in EPUB 3, as declared in EPUB 2, as shown by the guide, and a picture
// with such a name.
func (a *archive) candidates(p *pack) (names []string) {
	add := func(name string) {
		if name != "" {
			names = append(names, name)
		}
	}
	for _, it := range p.items {
		if it.cover {
			add(a.find(it))
		}
	}
	if it := p.byID[p.coverID]; it != nil {
		if name := a.find(it); isPage(name, it.mediaType) {
			add(a.shownOn(name))
		} else {
			add(name)
		}
	} else if p.coverID != "" {
		name, _ := p.resolve(p.coverID) // some write the path there
		add(name)
	}
	if name, _ := p.resolve(p.guide); isPage(name, "") {
		add(a.shownOn(name))
	} else {
		add(name)
	}
	for _, it := range p.items {
		if strings.Contains(strings.ToLower(it.id+path.Base(it.path)), "cover") && strings.HasPrefix(it.mediaType, "image/") {
			add(a.find(it))
		}
	}
	return names[:min(len(names), 8)]
}

func isPage(name, mediaType string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".xhtml", ".html", ".htm", ".xml":
		return true
	}
	return mediaType == "application/xhtml+xml"
}

// shownOn returns the first picture on a page.
func (a *archive) shownOn(page string) (name string) {
	data, err := a.file(page, maxPage)
	if err != nil || data == nil {
		return ""
	}
	// If the page is invalid, pictures before the error count.
	_ = walk(data, true, func(_ string, e *element) {
		if name != "" {
			return
		}
		switch e.name.Local {
		case "img":
			name, _ = resolve(path.Dir(page), e.get("src"))
		case "image":
			name, _ = resolve(path.Dir(page), e.get("href"))
		}
	})
	return name
}

// pictureType returns the media type of a picture by its bytes, "" for one that not
// every browser shows. A drawing (SVG) has none, because it may contain scripts.
func pictureType(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(b, []byte("GIF87a")), bytes.HasPrefix(b, []byte("GIF89a")):
		return "image/gif"
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return "image/webp"
	}
	return ""
}
