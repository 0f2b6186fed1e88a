// Package pgtest starts a PostgreSQL server for tests, of their own and gone
// afterwards.
//
// Its main function is [Start]. It promises a server on a free port, in a folder
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
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Server is a running server.
type Server struct {
	url  string
	stop func()
	next atomic.Int64
}

var (
	once    sync.Once
	started *Server
	missing string // why there is none
	failed  error
)

// inShort names the variable with which a server is started for short tests too.
const inShort = "LEGIBLE_TEST_POSTGRES"

// Start gives the server of this process, which it starts the first time. The
// options are further ones, such as "-c", "fsync=off", and count the first time.
// Whoever has it started must call Stop at the end of TestMain.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	if testing.Short() && os.Getenv(inShort) == "" {
		t.Skip("starts PostgreSQL: go test without -short does, as does one with " + inShort + "=1")
	}
	once.Do(func() { started, missing, failed = start(options) })
	switch {
	case failed != nil:
		t.Fatalf("starting PostgreSQL: %v", failed)
	case started == nil && os.Getenv("CI") != "":
		t.Fatalf("%s: install PostgreSQL, since nothing is skipped here", missing)
	case started == nil:
		t.Skipf("%s: install PostgreSQL to run this test", missing)
	}
	return started
}

// Stop ends the server, if there is one.
func Stop() {
	if started != nil {
		started.stop()
	}
}

// URL gives the URL of a new, empty place in the database.
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
	args := []string{"-D", data, "-p", fmt.Sprint(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=" + folder, "-c", "max_connections=300"}
	cmd := exec.Command(server, append(args, options...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if _, err := asOther(folder, cmd); err != nil {
		remove()
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		remove()
		return nil, "", err
	}
	stop := func() {
		cmd.Process.Signal(os.Interrupt) // fast shutdown
		cmd.Wait()
		remove()
	}
	s := &Server{url: fmt.Sprintf("postgres://legible@127.0.0.1:%d/postgres?sslmode=disable", port), stop: stop}
	for range 200 {
		c, err := pgx.Connect(context.Background(), s.url)
		if err == nil {
			c.Close(context.Background())
			return s, "", nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return nil, "", fmt.Errorf("it does not answer: %s", said.String())
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
