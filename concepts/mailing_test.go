package concepts_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/mailing"
	"github.com/legible-lang/legible/concepts/mailing/smtptest"
	"github.com/legible-lang/legible/value"
)

// A house is an app that sends mail, with a clock that the test moves.
type house struct {
	*legible.App
	t       *testing.T
	options legible.Options
	mu      sync.Mutex
	now     time.Time
	journal bytes.Buffer
	log     bytes.Buffer
}

func mailingOpen(t *testing.T, o mailing.Options) *house {
	h := &house{t: t, now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	program := legible.New(fstest.MapFS{"house.app": {Data: []byte("app House\n\nuse Mailing\n")}}, mailing.With(o))
	h.options = legible.Options{
		Clock: func() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now },
		Log:   slog.New(slog.NewTextHandler(&h.log, nil)),
		Recorder: func(_ value.ID, b []byte, _ bool) {
			h.mu.Lock()
			h.journal.Write(b)
			h.mu.Unlock()
		},
		Tries: legible.Tries{Timeout: 500 * time.Millisecond},
	}
	app, err := program.Open(t.Context(), h.options)
	if err != nil {
		t.Fatal(err)
	}
	h.App = app
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func text(name, s string) legible.Field { return legible.Field{Name: name, Value: value.String(s)} }

func (h *house) send(to, subject, body string) legible.Outcome {
	h.t.Helper()
	o, err := h.Ask(context.Background(), "Mailing.send", text("to", to), text("subject", subject), text("body", body))
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

// later lets a day go by, hour by hour.
func (h *house) later() {
	h.t.Helper()
	for range 24 {
		h.mu.Lock()
		h.now = h.now.Add(time.Hour)
		h.mu.Unlock()
		if err := h.Tick(context.Background()); err != nil {
			h.t.Fatal(err)
		}
	}
}

func TestMessage(t *testing.T) {
	s := smtptest.Start(t)
	h := mailingOpen(t, mailing.Options{Server: s.Addr, From: "Der Leser ü <reader@example.com>"})
	body := "Grüße,\n.\nund ein langer Satz " + strings.Repeat("mit vielen Worten ", 20) + "\n.\n"
	o := h.send("ann@example.org", "Schöne Grüße", body)
	if len(o.Out) != 1 || len(s.Messages()) != 1 {
		t.Fatalf("%+v, %d messages", o, len(s.Messages()))
	}
	got := s.Messages()[0]
	m, err := mail.ReadMessage(strings.NewReader(got.Text))
	if err != nil {
		t.Fatal(err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || from[0].Name != "Der Leser ü" || from[0].Address != "reader@example.com" || got.From != "reader@example.com" || got.To != "ann@example.org" {
		t.Errorf("from %v to %s, %v", from, got.To, err)
	}
	date, err := m.Header.Date()
	if err != nil || !date.Equal(h.now) {
		t.Errorf("its date is %v, %v", date, err)
	}
	if id := m.Header.Get("Message-ID"); id != "<"+o.Flow+".0@example.com>" {
		t.Errorf("its id is %s", id)
	}
	read, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || strings.ReplaceAll(string(read), "\r\n", "\n") != body {
		t.Errorf("its text is %q, %v, want %q", read, err, body)
	}
	for line := range strings.Lines(got.Text) {
		if len(line) > 78 || strings.Trim(line, "\r\n") != strings.TrimRight(line, "\r\n") {
			t.Errorf("a line that not every server takes: %q", line)
		}
	}
}

// TestTriedAgain: what the server does not take now is sent again, always as the
// same message.
func TestTriedAgain(t *testing.T) {
	for _, c := range []struct {
		name, command string
		lines         []string
		messages      int
	}{
		{"451 twice", "RCPT", []string{"451 Later.", "450 Later."}, 1},
		{"451 after the message", "END", []string{"451 The disk is full.", "452 Still."}, 1},
		{"421 at the greeting", "GREETING", []string{"421 Busy."}, 1},
		{"dropped after the message", "END", []string{"drop", "drop"}, 3},
		{"dropped at the greeting", "GREETING", []string{"drop"}, 1},
		{"hangs", "EHLO", []string{"hang"}, 1},
		{"hangs after the message", "END", []string{"hang"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t)
			s.Say(c.command, c.lines...)
			h := mailingOpen(t, mailing.Options{Server: s.Addr, From: "reader@example.com"})
			o := h.send("ann@example.org", "Hello", "Are you there?")
			if o.Waiting == nil || o.Waiting.Parked || o.Waiting.Tries != 1 {
				t.Fatalf("%+v, want it to be tried again", o)
			}
			h.later()
			list := s.Messages()
			if len(list) != c.messages || s.Calls() != len(c.lines)+1 {
				t.Fatalf("%d messages in %d calls, want %d in %d", len(list), s.Calls(), c.messages, len(c.lines)+1)
			}
			for _, m := range list {
				if m != list[0] || m.Header("Message-ID") == "" {
					t.Errorf("the message came as\n%s\nand as\n%s", list[0].Text, m.Text)
				}
			}
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		h := mailingOpen(t, mailing.Options{Server: l.Addr().String(), From: "reader@example.com"})
		if o := h.send("ann@example.org", "Hello", ""); o.Waiting == nil || o.Waiting.Parked {
			t.Errorf("%+v, want it to be tried again", o)
		}
	})
}

func TestRefusals(t *testing.T) {
	s := smtptest.Start(t)
	h := mailingOpen(t, mailing.Options{Server: s.Addr, From: "reader@example.com", Largest: 10})
	for _, c := range []struct{ to, subject, body, want string }{
		{"ann", "", "", "BAD_ADDRESS"},
		{"", "", "", "BAD_ADDRESS"},
		{"ann@example.org, eve@example.org", "", "", "BAD_ADDRESS"},
		{"ann@example.org\r\nBcc: eve@example.org", "", "", "BAD_ADDRESS"},
		{"ann@example.org>\r\nRCPT TO:<eve@example.org", "", "", "BAD_ADDRESS"},
		{"Ann <ann@example.org>", "", "", "BAD_ADDRESS"},
		{"änn@example.org", "", "", "BAD_ADDRESS"},
		{strings.Repeat("a", 250) + "@example.org", "", "", "BAD_ADDRESS"},
		{"ann@example.org", "Hello\nBcc: eve@example.org", "", "BAD_SUBJECT"},
		{"ann@example.org", "Hello\x00", "", "BAD_SUBJECT"},
		{"ann@example.org", "Hello\u2028Bcc: eve@example.org", "", "BAD_SUBJECT"},
		{"ann@example.org", strings.Repeat("ü", 201), "", "BAD_SUBJECT"},
		{"ann@example.org", "", "12345678901", "TOO_LARGE"},
		{"nobody@example.org", "", "", "REJECTED"},
	} {
		o := h.send(c.to, c.subject, c.body)
		if o.Refused == nil || o.Refused.Code != c.want || strings.ContainsAny(o.Refused.Sentence, "\r\n{") {
			t.Errorf("to %q, %q: %+v, want %s", c.to, c.subject, o, c.want)
		}
	}
	s.Say("END", "554 This is spam.")
	if o := h.send("ann@example.org", "", ""); o.Refused == nil || o.Refused.Sentence != "The mail server does not take mail for ann@example.org: 554 This is spam." {
		t.Errorf("%+v", o)
	}
	if n := len(s.Messages()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

// TestParked: what only an operator can mend waits for one.
func TestParked(t *testing.T) {
	s := &smtptest.Server{User: "reader", Password: "hunter2"}
	s.Start(t)
	for _, c := range []struct {
		name string
		o    mailing.Options
		want string
	}{
		{"nothing is set", mailing.Options{}, "no mail server is known"},
		{"no port", mailing.Options{Server: "127.0.0.1", From: "reader@example.com"}, "MAIL_SERVER is host:port"},
		{"no sender", mailing.Options{Server: s.Addr, From: "reader"}, "MAIL_FROM is an address"},
		{"no user", mailing.Options{Server: s.Addr, From: "reader@example.com"}, "530 Who are you?"},
		{"wrong password", mailing.Options{Server: s.Addr, From: "reader@example.com", Username: "reader", Password: legible.SecretOf("guessed")}, "535 That is not you."},
	} {
		h := mailingOpen(t, c.o)
		o := h.send("ann@example.org", "Hello", "")
		if o.Waiting == nil || !o.Waiting.Parked || !strings.Contains(o.Waiting.Reason, c.want) {
			t.Errorf("%s: %+v, want it parked because of %q", c.name, o.Waiting, c.want)
		}
	}
}

// TestSecure: TLS is used where it is offered, the certificate is looked at, and
// the password is neither recorded nor logged.
func TestSecure(t *testing.T) {
	s := &smtptest.Server{Secure: true, User: "reader", Password: "hunter2"}
	s.Start(t)
	o := mailing.Options{Server: s.Addr, From: "reader@example.com", Username: "reader", Password: legible.SecretOf("hunter2")}
	h := mailingOpen(t, o)
	if out := h.send("ann@example.org", "Hello", ""); out.Waiting == nil || !strings.Contains(out.Waiting.Reason, "certificate") {
		t.Errorf("with a certificate that nobody has signed: %+v", out)
	}
	o.TLS = &tls.Config{RootCAs: s.Roots}
	g := mailingOpen(t, o)
	if out := g.send("ann@example.org", "Hello", ""); len(out.Out) != 1 {
		t.Errorf("%+v", out)
	}
	if list := s.Messages(); len(list) != 1 || !list[0].Secure || list[0].User != "reader" {
		t.Errorf("the messages are %+v", list)
	}
	for _, x := range []*house{h, g} {
		if all := x.journal.String() + x.log.String() + fmt.Sprintf("%+v %#v", o, o); strings.Contains(all, "hunter2") {
			t.Error("the password was written down")
		}
	}
}

func TestEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"MAIL_SERVER": "mail:587", "MAIL_FROM": "a@b.c", "MAIL_USERNAME": "u", "MAIL_PASSWORD_FILE": file}
	o, err := mailing.FromEnvironment(func(name string) string { return env[name] })
	if err != nil || o.Server != "mail:587" || o.From != "a@b.c" || o.Username != "u" || o.Password.Reveal() != "hunter2" {
		t.Errorf("%+v, %v", o, err)
	}
	env["MAIL_PASSWORD_FILE"] = file + "x"
	if _, err := mailing.FromEnvironment(func(name string) string { return env[name] }); err == nil {
		t.Error("a file that is not there is no password")
	}
}
