package mailing

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/legible-lang/legible"
)

const (
	longestSubject = 200 // characters, as the specification says
	longestAddress = 254 // bytes, as SMTP has it
)

// A message is the bytes that are sent.
type message struct {
	id       string // as in Message-ID, without < >
	from, to string // as the server is told
	text     []byte // lines end with CR LF
}

// compose makes the message of an action. It is the same for the same key.
func (c *Concept) compose(key string, moment time.Time, in SendIn) (*message, error) {
	if !plain(in.To) {
		return nil, ErrBadAddress(clean(in.To))
	}
	if in.ReplyTo != nil && !plain(*in.ReplyTo) {
		return nil, ErrBadAddress(clean(*in.ReplyTo))
	}
	if !oneLine(in.Subject) {
		return nil, ErrBadSubject
	}
	if len(in.Body) > c.options.Largest {
		return nil, ErrTooLarge(strconv.Itoa(c.options.Largest))
	}
	// Errors that only an operator can correct come last, so that a bad address is
	// reported even without a server.
	if c.wrong != nil {
		return nil, legible.Permanent(c.wrong)
	}
	if c.options.Server == "" || c.options.From == "" {
		return nil, legible.Permanent(errNoServer)
	}
	from, err := mail.ParseAddress(c.options.From)
	if err != nil || !plain(from.Address) {
		return nil, legible.Permanent(fmt.Errorf("MAIL_FROM is an address such as \"Reader <reader@example.org>\", not %q", c.options.From))
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	m := &message{id: strings.ReplaceAll(key, "/", ".") + "@" + domain, from: from.Address, to: in.To}
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("Date", moment.UTC().Format(time.RFC1123Z))
	header("From", from.String())
	header("To", "<"+in.To+">")
	if in.ReplyTo != nil {
		header("Reply-To", "<"+*in.ReplyTo+">")
	}
	header("Subject", mime.QEncoding.Encode("utf-8", in.Subject))
	header("Message-ID", "<"+m.id+">")
	header("Auto-Submitted", "auto-generated")
	header("MIME-Version", "1.0")
	header("Content-Type", `text/plain; charset="utf-8"`)
	header("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	w.Write([]byte(strings.ToValidUTF8(in.Body, "\uFFFD"))) // into memory: it cannot fail
	w.Close()
	m.text = b.Bytes()
	return m, nil
}

// plain reports whether a text is exactly one address: in letters that every server
// accepts, without a name, a comment, quotes or a second line.
func plain(s string) bool {
	if len(s) > longestAddress || strings.Count(s, "@") != 1 || strings.ContainsAny(s, "<>\"(),;: ") {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// oneLine reports whether a text can be in a header.
func oneLine(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= longestSubject &&
		!strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 })
}

// clean makes a text suitable for a sentence: one line of limited length.
func clean(s string) string {
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200]) + "…"
	}
	return s
}
