// Package pgtest starts a PostgreSQL server for tests.
//
// Its main functions are [Start], which gives the server that the tests of a
// process share, and [Own], which gives a test one that it may stop and start. It
// promises a server on a free port, in a folder
// of its own, that no other program talks to, and that ends with the process. It
// refuses to pass without one where it matters: on a machine without PostgreSQL
// the test is skipped with a sentence, but where CI is set it fails. Under -short
// it is skipped too, unless LEGIBLE_TEST_POSTGRES is set.
package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Server is a PostgreSQL server on a port of its own.
type Server struct {
	url     string
	program string
	args    []string
	folder  string
	next    atomic.Int64

	cmd  *exec.Cmd // nil while it is stopped
	said bytes.Buffer
}

var (
	once    sync.Once
	started *Server
	missing string // why there is none
	failed  error
)

// inShort names the variable with which a server is started for short tests too.
const inShort = "LEGIBLE_TEST_POSTGRES"

// Start returns the server of this process, which it starts the first time. The
// options are further ones, such as "-c", "fsync=off", and count the first time.
// Whoever has it started must call Stop at the end of TestMain.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	skipInShort(t)
	once.Do(func() { started, missing, failed = start(options) })
	need(t, started, missing, failed)
	return started
}

// Own returns a server that no other test has, and that may be stopped and started.
// It ends with the test. The options are as those of Start.
func Own(t testing.TB, options ...string) *Server {
	t.Helper()
	skipInShort(t)
	s, missing, err := start(options)
	need(t, s, missing, err)
	t.Cleanup(s.end)
	return s
}

func skipInShort(t testing.TB) {
	t.Helper()
	if testing.Short() && os.Getenv(inShort) == "" {
		t.Skip("starts PostgreSQL: go test without -short does, as does one with " + inShort + "=1")
	}
}

// need ends the test unless there is a server.
func need(t testing.TB, s *Server, missing string, err error) {
	t.Helper()
	switch {
	case err != nil:
		t.Fatalf("starting PostgreSQL: %v", err)
	case s == nil && os.Getenv("CI") != "":
		t.Fatalf("%s: install PostgreSQL, since nothing is skipped here", missing)
	case s == nil:
		t.Skipf("%s: install PostgreSQL to run this test", missing)
	}
}

// Stop ends the server of this process, if there is one.
func Stop() {
	if started != nil {
		started.end()
	}
}

// A Shutdown is a way in which PostgreSQL stops.
type Shutdown os.Signal

var (
	// Fast rolls back what is under way, and tells the clients.
	Fast Shutdown = syscall.SIGINT
	// Immediate ends as a crash does: the next start recovers.
	Immediate Shutdown = syscall.SIGQUIT
)

// Halt stops the server and waits until it has ended.
func (s *Server) Halt(how Shutdown) {
	s.cmd.Process.Signal(how)
	s.cmd.Wait() // its error is that it was stopped
	s.cmd = nil
}

// Resume starts a server that Halt has stopped, and waits until it answers.
func (s *Server) Resume() error {
	s.said.Reset()
	s.cmd = exec.Command(s.program, s.args...)
	s.cmd.Stderr = &s.said
	if _, err := asOther(s.folder, s.cmd); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	for range 1000 {
		c, err := pgx.Connect(context.Background(), s.url)
		if err == nil {
			c.Close(context.Background())
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.Halt(Immediate)
	return fmt.Errorf("it does not answer: %s", s.said.String())
}

// Terminate ends up to so many connections, of the others than its own, as an
// operator or a failover does. It gives their number.
func (s *Server) Terminate(most int) (int, error) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.url)
	if err != nil {
		return 0, err
	}
	defer c.Close(ctx)
	tag, err := c.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"+
		" WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT $1) AS few", most)
	return int(tag.RowsAffected()), err
}

// end stops the server for good.
func (s *Server) end() {
	if s.cmd != nil {
		s.Halt(Fast)
	}
	os.RemoveAll(s.folder)
}

// URL returns the URL of a new, empty place in the database.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	name := fmt.Sprintf("t%d_%d", os.Getpid(), s.next.Add(1))
	if _, err := c.Exec(ctx, "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	return s.url + "&search_path=" + name
}

func start(options []string) (*Server, string, error) {
	initdb, server := find("initdb"), find("postgres")
	if initdb == "" || server == "" {
		return nil, "neither initdb nor postgres is found", nil
	}
	folder, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, "", err
	}
	remove := func() { os.RemoveAll(folder) }
	data := filepath.Join(folder, "data")
	init := exec.Command(initdb, "-D", data, "-U", "legible", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if why, err := asOther(folder, init); why != "" || err != nil {
		remove()
		return nil, why, err
	}
	if out, err := init.CombinedOutput(); err != nil {
		remove()
		return nil, "", fmt.Errorf("initdb: %w: %s", err, out)
	}
	port, err := freePort()
	if err != nil {
		remove()
		return nil, "", err
	}
	s := &Server{
		url:     fmt.Sprintf("postgres://legible@127.0.0.1:%d/postgres?sslmode=disable", port),
		program: server,
		folder:  folder,
		args: append([]string{"-D", data, "-p", fmt.Sprint(port), "-c", "listen_addresses=127.0.0.1",
			"-c", "unix_socket_directories=" + folder, "-c", "max_connections=300"}, options...),
	}
	if err := s.Resume(); err != nil {
		remove()
		return nil, "", err
	}
	return s, "", nil
}

// find looks for a program where systems put it.
func find(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/", "/usr/pgsql-*/bin/", "/opt/homebrew/opt/postgresql*/bin/", "/usr/local/opt/postgresql*/bin/"} {
		if found, _ := filepath.Glob(pattern + name); len(found) > 0 {
			slices.Sort(found)
			return found[len(found)-1]
		}
	}
	return ""
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
