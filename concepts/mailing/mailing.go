// Package mailing implements the concept Mailing: it sends mail over SMTP.
//
// Its three main types are [Concept], the action; [Options], the mail server and the
// sender; and message, the bytes that are sent. It promises that a message is the
// same in every try, including its Message-ID and date, so that a recipient can
// detect duplicates; that a message is sent again if the server does not accept it
// now, and refused if the server never accepts it; and that no text can become a
// header. It refuses to send over a connection that others can read: without TLS it
// only connects to this machine.
//
// A server may accept a message and the connection may end before its reply arrives.
// Then the message is sent again, and the recipient may get it twice, with the same
// Message-ID.
package mailing

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"net/textproto"
	"os"
	"strings"

	"github.com/legible-lang/legible"
)

//go:generate go run github.com/legible-lang/legible/cmd/legible gen .

// Options name the mail server and the sender. Server and From are required: without
// them a send is parked, because only an operator can correct that.
type Options struct {
	// Server is "host:port" of a mail server. Port 465 uses TLS from the first byte.
	// Other ports use STARTTLS, which is required unless the server is on this
	// machine.
	Server string
	// From is the address of the sender, alone or as "Name <address>".
	From string
	// Username and Password authenticate the sender, if the server requires it.
	Username string
	Password legible.Secret
	// TLS is for servers whose certificate is not signed by an authority of the
	// system. It may be nil.
	TLS *tls.Config
	// Largest is the maximum size of a body in bytes; 0 means 256 KiB.
	Largest int
}

// FromEnvironment reads the options from MAIL_SERVER, MAIL_FROM, MAIL_USERNAME, and
// MAIL_PASSWORD or the file that MAIL_PASSWORD_FILE names.
func FromEnvironment(getenv func(string) string) (Options, error) {
	o := Options{Server: getenv("MAIL_SERVER"), From: getenv("MAIL_FROM"), Username: getenv("MAIL_USERNAME")}
	password := getenv("MAIL_PASSWORD")
	if file := getenv("MAIL_PASSWORD_FILE"); file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return o, fmt.Errorf("reading MAIL_PASSWORD_FILE: %w", err)
		}
		password = strings.TrimRight(string(b), "\r\n")
	}
	o.Password = legible.SecretOf(password)
	return o, nil
}

// New makes the concept with the options of the environment, to be passed to
// legible.New.
func New() legible.Concept {
	o, err := FromEnvironment(os.Getenv)
	return define(o, err)
}

// With makes a New with options.
func With(options Options) func() legible.Concept {
	return func() legible.Concept { return define(options, nil) }
}

func define(o Options, err error) legible.Concept {
	if o.Largest <= 0 {
		o.Largest = 256 << 10
	}
	return Define(func(s *State) Actions { return &Concept{s, o, err} })
}

// A Concept is the Go code of one instance of Mailing.
type Concept struct {
	*State
	options Options
	wrong   error // with the environment
}

var errNoServer = errors.New("no mail server is known: set MAIL_SERVER (host:port) and MAIL_FROM, or give mailing.Options")

// Send runs until a server has accepted the message or rejects it permanently.
func (c *Concept) Send(ctx legible.Context, in SendIn) (SendOut, error) {
	m, err := c.compose(ctx.Key(), ctx.Now(), in)
	if err != nil {
		return SendOut{}, err
	}
	host, port, err := net.SplitHostPort(c.options.Server)
	if err != nil {
		return SendOut{}, legible.Permanent(fmt.Errorf("MAIL_SERVER is host:port, not %q: %w", c.options.Server, err))
	}
	t := &talk{options: &c.options, host: host}
	defer t.close()
	for _, step := range []func() error{
		func() error { return t.dial(ctx, port) },
		func() error { return t.greet(port) },
		t.prove,
		func() error { return t.from(m) },
		func() error { return t.to(m) },
		func() error { return t.data(m) },
	} {
		if err := step(); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = fmt.Errorf("%w (%w)", err, cause)
			}
			return SendOut{}, err
		}
	}
	t.client.Quit() // the message is taken on: whatever comes of the farewell
	return SendOut{MessageId: m.id}, nil
}

// A talk is one connection to a mail server.
type talk struct {
	options *Options
	host    string
	client  *smtp.Client
	stop    func() bool
}

func (t *talk) close() {
	if t.stop != nil {
		t.stop()
	}
	if t.client != nil {
		t.client.Close()
	}
}

// dial connects. The connection ends with the context.
func (t *talk) dial(ctx context.Context, port string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", t.options.Server)
	if err != nil {
		return fmt.Errorf("calling the mail server: %w", err)
	}
	t.stop = context.AfterFunc(ctx, func() { conn.Close() })
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	if port == "465" {
		conn = tls.Client(conn, t.tls())
	}
	if t.client, err = smtp.NewClient(conn, t.host); err != nil {
		conn.Close()
		return settled("being greeted", err)
	}
	return nil
}

func (t *talk) tls() *tls.Config {
	if t.options.TLS == nil {
		return &tls.Config{ServerName: t.host}
	}
	c := t.options.TLS.Clone()
	if c.ServerName == "" {
		c.ServerName = t.host
	}
	return c
}

// greet sends EHLO and starts TLS.
func (t *talk) greet(port string) error {
	if err := t.client.Hello(hello()); err != nil {
		return settled("greeting", err)
	}
	if port == "465" {
		return nil
	}
	if offered, _ := t.client.Extension("STARTTLS"); offered {
		if err := t.client.StartTLS(t.tls()); err != nil {
			return settled("starting TLS", err)
		}
	} else if !onThisMachine(t.host) {
		return legible.Permanent(fmt.Errorf("the mail server %s offers no TLS, and everybody on the way could read along", t.host))
	}
	return nil
}

// hello returns the name of this machine for EHLO.
func hello() string {
	name, err := os.Hostname()
	if err != nil || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "localhost"
	}
	return name
}

func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// prove authenticates, if there is a user name.
func (t *talk) prove() error {
	if t.options.Username == "" {
		return nil
	}
	if offered, _ := t.client.Extension("AUTH"); !offered {
		return legible.Permanent(errors.New("the mail server takes no user name: leave MAIL_USERNAME out, or name another port"))
	}
	auth := smtp.PlainAuth("", t.options.Username, t.options.Password.Reveal(), t.host)
	return settled("proving who sends", t.client.Auth(auth))
}

func (t *talk) from(m *message) error {
	return settled("naming the sender", t.client.Mail(m.from))
}

func (t *talk) to(m *message) error {
	return m.taken("naming who is to have it", t.client.Rcpt(m.to))
}

func (t *talk) data(m *message) error {
	w, err := t.client.Data()
	if err != nil {
		return m.taken("beginning the message", err)
	}
	if _, err := w.Write(m.text); err != nil {
		return m.taken("sending the message", err)
	}
	return m.taken("ending the message", w.Close())
}

// settled returns the error for a reply before the message itself: a temporary
// failure (4xx) is tried again, and a permanent one (5xx) needs an operator.
func settled(doing string, err error) error {
	var said *textproto.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &said):
		return fmt.Errorf("%s: %w", doing, err)
	}
	err = fmt.Errorf("%s: the mail server says %s", doing, words(said))
	if said.Code >= 500 {
		return legible.Permanent(err)
	}
	return err
}

// words returns the text of a reply.
func words(said *textproto.Error) string { return clean(fmt.Sprintf("%d %s", said.Code, said.Msg)) }

// taken returns the refusal for a permanent rejection.
func (m *message) taken(doing string, err error) error {
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 500 {
		return ErrRejected(words(said))
	}
	return settled(doing, err)
}
