// Package smtptest provides a mail server for tests.
//
// Its main type is [Server], which accepts and keeps messages, and replies as the
// test specifies. It promises to listen on this machine only and to end with the
// test. It refuses to be a mail server: it implements as much SMTP as a well-behaved
// client needs.
package smtptest

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Server is a mail server. Its fields must be set before Start; Say may be called later.
type Server struct {
	// Secure makes it offer STARTTLS, with a certificate that Roots trusts.
	Secure bool
	// User and Password make it require authentication.
	User, Password string

	// Addr is the address on which it listens.
	Addr string
	// Roots trust its certificate.
	Roots *x509.CertPool

	mu       sync.Mutex
	say      map[string][]string
	messages []Message
	calls    int
	listener net.Listener
	certs    *tls.Config
	open     map[net.Conn]bool
	running  sync.WaitGroup
}

// A Message is a message that was accepted.
type Message struct {
	From, To, Text string
	Secure         bool   // it came over TLS
	User           string // who sent it, if somebody said so
}

// Header returns a line of the header.
func (m *Message) Header(name string) string {
	for _, line := range strings.Split(m.Text, "\r\n") {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return value
		}
		if line == "" {
			break
		}
	}
	return ""
}

// Start makes a server that ends with the test.
func Start(t testing.TB) *Server {
	s := &Server{}
	s.Start(t)
	return s
}

// Start starts to listen.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.Addr = s.listener.Addr().String()
	s.open = map[net.Conn]bool{}
	if s.Secure {
		s.certify(t)
	}
	s.running.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.open[conn] = true
			s.calls++
			s.mu.Unlock()
			s.running.Go(func() {
				(&talk{Server: s, conn: conn}).run()
				conn.Close()
				s.mu.Lock()
				delete(s.open, conn)
				s.mu.Unlock()
			})
		}
	})
	t.Cleanup(s.Stop)
}

// Stop stops listening. The system then rejects connections.
func (s *Server) Stop() {
	s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		conn.Close()
	}
	s.mu.Unlock()
	s.running.Wait()
}

// Say sets the replies to a command, such as "451 Later.": each line is used once,
// then the server replies as usual. Commands are GREETING, EHLO, AUTH, MAIL, RCPT,
// DATA, and END for the end of a message. The line "drop" accepts the message and
// closes the connection without a reply; "hang" keeps the connection open without
// further replies.
func (s *Server) Say(command string, lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.say == nil {
		s.say = map[string][]string{}
	}
	s.say[command] = append(s.say[command], lines...)
}

// Messages returns the accepted messages.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Calls returns the number of connections.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// next returns the reply to a command.
func (s *Server) next(command, usual string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.say[command]
	if len(list) == 0 {
		return usual
	}
	s.say[command] = list[1:]
	return list[0]
}

// A talk is one connection.
type talk struct {
	*Server
	conn   net.Conn
	r      *bufio.Reader
	secure bool
	user   string
	from   string
	to     string
}

// tell replies to a command and reports whether the connection continues.
func (t *talk) tell(command, usual string) bool {
	line := t.next(command, usual)
	switch line {
	case "drop":
		return false
	case "hang":
		t.r.ReadByte() // until the client is tired of it
		return false
	}
	_, err := fmt.Fprintf(t.conn, "%s\r\n", line)
	return err == nil
}

func (t *talk) run() {
	t.r = bufio.NewReader(t.conn)
	if !t.tell("GREETING", "220 smtptest") {
		return
	}
	for {
		line, err := t.r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		word, rest, _ := strings.Cut(line, " ")
		on := true
		switch word = strings.ToUpper(word); word {
		case "EHLO", "HELO":
			on = t.tell("EHLO", t.hello())
		case "STARTTLS":
			if on = t.tell(word, "220 Go ahead."); on {
				t.conn = tls.Server(t.conn, t.certs)
				t.r, t.secure = bufio.NewReader(t.conn), true
			}
		case "AUTH":
			on = t.tell(word, t.prove(rest))
		case "MAIL", "RCPT":
			_, address, _ := strings.Cut(rest, "<")
			address, _, _ = strings.Cut(address, ">")
			usual := "250 Fine."
			if word == "MAIL" {
				t.from = address
				if t.User != "" && t.user == "" {
					usual = "530 Who are you?"
				}
			} else if t.to = address; strings.HasPrefix(address, "nobody@") {
				usual = "550 There is nobody of that name."
			}
			on = t.tell(word, usual)
		case "DATA":
			on = t.take()
		case "QUIT":
			t.tell(word, "221 Farewell.")
			return
		default:
			on = t.tell(word, "502 What?")
		}
		if !on {
			return
		}
	}
}

func (t *talk) hello() string {
	text := "250-smtptest\r\n"
	if t.Secure && !t.secure {
		text += "250-STARTTLS\r\n"
	}
	if t.User != "" && (t.secure || !t.Secure) {
		text += "250-AUTH PLAIN\r\n"
	}
	return text + "250 8BITMIME"
}

func (t *talk) prove(rest string) string {
	b, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
	if err != nil || string(b) != "\x00"+t.User+"\x00"+t.Password {
		return "535 That is not you."
	}
	t.user = t.User
	return "235 Welcome."
}

// take reads a message and keeps it, unless the reply rejects it.
func (t *talk) take() bool {
	answer := t.next("DATA", "354 Go on.")
	if _, err := fmt.Fprintf(t.conn, "%s\r\n", answer); err != nil || !strings.HasPrefix(answer, "354") {
		return err == nil
	}
	var text strings.Builder
	for {
		line, err := t.r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	t.mu.Lock()
	said := "250 Taken on."
	if list := t.say["END"]; len(list) > 0 {
		said = list[0]
	}
	if said == "drop" || strings.HasPrefix(said, "250") {
		t.messages = append(t.messages, Message{From: t.from, To: t.to, Text: text.String(), Secure: t.secure, User: t.user})
	}
	t.mu.Unlock()
	return t.tell("END", "250 Taken on.")
}

// certify makes a certificate for this machine.
func (s *Server) certify(t testing.TB) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.certs = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(cert)
}
