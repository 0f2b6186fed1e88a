package epub

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

const (
	maxContainer = 64 << 10
	maxPackage   = 4 << 20
	maxPage      = 1 << 20 // of a page that shows the cover
	maxWords     = 300     // characters of a title or an author
	maxAuthors   = 10
)

// A pack is the package document of a book: its metadata and its list of files.
type pack struct {
	dir      string // the folder that its references start from
	titles   []named
	creators []named
	refines  []refine
	coverID  string // by the way of EPUB 2
	items    []*item
	byID     map[string]*item
	spine    []string // ids
	guide    string   // the reference of the cover, by the way of EPUB 2
}

// A named is a title or a creator.
type named struct {
	id, text, role string
}

// A refine is metadata of EPUB 3 about an element with an id.
type refine struct {
	of, property, text string
}

// An item is a file that the book lists.
type item struct {
	id, mediaType string
	cover         bool   // by the way of EPUB 3
	href          string // as it is written
	path          string // in the archive; "" for what is elsewhere
}

// pack reads the package document that META-INF/container.xml names.
func (a *archive) pack() (*pack, error) {
	root := ""
	found, err := a.elements("META-INF/container.xml", maxContainer, func(_ string, e *element) {
		kind := e.get("media-type")
		if e.name.Local == "rootfile" && root == "" && (kind == "" || kind == "application/oebps-package+xml") {
			root = e.get("full-path")
		}
	})
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, invalid("it has no META-INF/container.xml")
	case root == "":
		return nil, invalid("its META-INF/container.xml names no book")
	}
	if err := checkPath(root); err != nil {
		return nil, err
	}
	p := &pack{dir: path.Dir(root), byID: map[string]*item{}}
	found, err = a.elements(root, maxPackage, p.visit)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, invalid("it lacks the file %s that describes it", quoted(root))
	}
	for _, it := range p.items {
		if it.path, err = p.resolve(it.href); err != nil {
			return nil, err
		}
	}
	for _, id := range p.spine {
		if it := p.byID[id]; it != nil && a.find(it) != "" {
			return p, nil
		}
	}
	return nil, invalid("it has no page to read")
}

func (p *pack) visit(parent string, e *element) {
	text := line(string(e.text), maxWords)
	switch {
	case isDublinCore(e) && e.name.Local == "title" && text != "":
		p.titles = append(p.titles, named{id: e.get("id"), text: text})
	case isDublinCore(e) && e.name.Local == "creator" && text != "":
		p.creators = append(p.creators, named{id: e.get("id"), text: text, role: e.get("role")})
	case e.name.Local == "meta" && e.get("refines") != "":
		p.refines = append(p.refines, refine{strings.TrimPrefix(e.get("refines"), "#"), e.get("property"), text})
	case e.name.Local == "meta" && e.get("name") == "cover" && p.coverID == "":
		p.coverID = e.get("content")
	case e.name.Local == "item" && parent == "manifest":
		it := &item{id: e.get("id"), href: e.get("href"), mediaType: e.get("media-type"),
			cover: slices.Contains(strings.Fields(e.get("properties")), "cover-image")}
		p.items = append(p.items, it)
		if p.byID[it.id] == nil {
			p.byID[it.id] = it
		}
	case e.name.Local == "itemref" && parent == "spine":
		p.spine = append(p.spine, e.get("idref"))
	case e.name.Local == "reference" && parent == "guide" && strings.EqualFold(e.get("type"), "cover") && p.guide == "":
		p.guide = e.get("href")
	}
}

func isDublinCore(e *element) bool {
	space := strings.ToLower(e.name.Space)
	return strings.Contains(space, "purl.org/dc/") || space == "dc" // a prefix that nobody declared
}

// title returns the main title, or the first.
func (p *pack) title() string {
	for _, t := range p.titles {
		for _, r := range p.refines {
			if t.id != "" && r.of == t.id && r.property == "title-type" && r.text == "main" {
				return t.text
			}
		}
	}
	if len(p.titles) > 0 {
		return p.titles[0].text
	}
	return ""
}

// author returns the creators who are authors, or who have no other role; if there
// are none, the first creator.
func (p *pack) author() string {
	var authors []string
	for _, c := range p.creators {
		role := c.role
		for _, r := range p.refines {
			if c.id != "" && r.of == c.id && r.property == "role" {
				role = r.text
			}
		}
		if (role == "" || strings.EqualFold(role, "aut")) && !slices.Contains(authors, c.text) {
			authors = append(authors, c.text)
		}
	}
	if authors == nil && len(p.creators) > 0 {
		authors = []string{p.creators[0].text}
	}
	return line(strings.Join(authors[:min(len(authors), maxAuthors)], ", "), maxWords)
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// resolve returns the path in the archive of a reference in the package document, ""
// for a reference that leads elsewhere.
func (p *pack) resolve(href string) (string, error) { return resolve(p.dir, href) }

func resolve(dir, href string) (string, error) {
	if scheme.MatchString(href) {
		return "", nil
	}
	href, _, _ = strings.Cut(href, "#")
	href, _, _ = strings.Cut(href, "?")
	if plain, err := url.PathUnescape(href); err == nil {
		href = plain
	}
	target := path.Join(dir, href)
	if strings.ContainsAny(href, `\`) || strings.HasPrefix(href, "/") || strings.ContainsFunc(href, unicode.IsControl) ||
		target == ".." || strings.HasPrefix(target, "../") {
		return "", invalid("the reference %s in it may lead outside", quoted(href))
	}
	if href == "" {
		return "", nil
	}
	return target, nil
}

// find returns the name of the entry of an item, "" if there is none. In some books
// the names of entries are still escaped.
func (a *archive) find(it *item) string {
	if it.path == "" {
		return ""
	}
	if a.byName[it.path] != nil {
		return it.path
	}
	if raw := path.Join(path.Dir(it.path), path.Base(it.href)); a.byName[raw] != nil {
		return raw
	}
	return ""
}

// isOpen refuses a copy-protected book, because readers could not show it. Fonts are
// often obfuscated in one of two known ways, which is not copy protection.
func (a *archive) isOpen() error {
	locked := false
	_, err := a.elements("META-INF/encryption.xml", maxPackage, func(parent string, e *element) {
		if e.name.Local == "EncryptionMethod" && parent == "EncryptedData" {
			switch e.get("Algorithm") {
			case "http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC":
			default:
				locked = true
			}
		}
	})
	if err != nil {
		return err
	}
	if locked {
		return invalid("it is protected against copying")
	}
	return nil
}
