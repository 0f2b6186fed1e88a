package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// small returns a folder on a disk of its own with a size in bytes.
func small(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("a small disk cannot be mounted (%v): this needs the rights of root", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("the small disk cannot be unmounted: %v", err)
		}
	})
	return dir
}

// fill uses all free space of a disk.
func fill(t *testing.T, dir string) (file string) {
	t.Helper()
	file = filepath.Join(dir, "ballast")
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for piece := make([]byte, 1<<16); len(piece) > 0; {
		if _, err := f.Write(piece); errors.Is(err, syscall.ENOSPC) {
			piece = piece[:len(piece)/16]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// TestFullDisk repeatedly fills the disk while readers work. The server answers that
// it cannot store anything now, continues to read, also after it was killed and
// started again, and continues to write when there is space. Nothing is half done
// then.
func TestFullDisk(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the server and fills a disk: go test without -short does")
	}
	const rounds = 12
	seed := seeded(t)
	dir := small(t, 64<<20)
	rng := rand.New(rand.NewPCG(seed, 0))
	c := &crash{t: t, dir: dir, out: &output{}, rng: rng, audit: newAudit(t), binary: os.Args[0], slow: true,
		open: func() keptStore { return openKept(t, filepath.Join(dir, "focusreader.db")) }}
	for i := range 12 {
		r := newBookworm(rng, 0, i)
		r.busy = true
		c.readers = append(c.readers, r)
	}
	p := c.start()
	defer func() {
		if t.Failed() {
			t.Logf("what the server said:\n%s", tail(c.out.bytes()))
		}
		p.Kill()
	}()
	reads := 0
	for round := range rounds {
		var all sync.WaitGroup
		stop := make(chan struct{})
		for _, r := range c.readers {
			all.Go(func() { r.work(t, p.base, stop) })
		}
		time.Sleep(time.Duration(20+rng.IntN(100)) * time.Millisecond)
		ballast := fill(t, dir)
		done := make(chan struct{})
		go func() { all.Wait(); close(done) }()
		select {
		case <-done: // each client got the answer that nothing can be stored
		case <-time.After(time.Duration(50+rng.IntN(300)) * time.Millisecond):
			close(stop)
			<-done
		}
		if round%2 == 1 {
			// A server that crashes now can start and read.
			p.Kill()
			ballast = fill(t, dir)
			p = c.start()
		}
		for _, r := range c.readers {
			if r.there && len(r.sessions) > 0 && (r.pending == nil || r.pending.what != "logout" && r.pending.what != "delete") {
				reads++
				if s := r.ask(t, p.base, "/Library/_getLibraryByUser", fields{}); s == nil || s.status != 200 {
					t.Errorf("in round %d, on a full disk %s is not shown a library: %+v", round, r.name, s)
				}
			}
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		c.settled()
		time.Sleep(150 * time.Millisecond) // after a start on a full disk the store checks for space regularly
		c.check(p.base)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
	}
	waits := 0
	for _, r := range c.readers {
		waits += r.waits
		c.answers += r.answers
	}
	t.Logf("%d answers; %d times somebody was told to wait; %d were shown something meanwhile; %d flows were audited, and the log speaks %d times of one that went on",
		c.answers, waits, reads, c.audit.flows, strings.Count(string(c.out.bytes()), "resumed flow"))
	if waits == 0 || reads == 0 {
		t.Error("the disk was never full: the test tests nothing")
	}
	// Nothing is left to recover.
	p.Kill()
	p = c.start()
	c.check(p.base)
}

// settled waits until no flow is unfinished.
func (c *crash) settled() {
	c.t.Helper()
	s := c.open()
	defer s.Close()
	if err := s.Prepare(context.Background(), c.audit.schema); err != nil {
		c.t.Fatal(err)
	}
	rested(c.t, s, 20*time.Second)
}

// TestCannotStart starts the server with unusable files. It ends with status 2 and
// reports the file and the remedy. A store on a full disk is usable.
func TestCannotStart(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the server in seven ways: go test without -short does")
	}
	dir := t.TempDir()
	shown(t, dir)
	good := filepath.Join(dir, "good.db")
	c := &crash{t: t, dir: dir, out: &output{}, binary: os.Args[0], slow: true}
	p := c.start("--store", "sqlite:"+good)
	t.Run("open elsewhere", func(t *testing.T) {
		cannot(t, c, good, nil, "another process has it open: stop that one, or name another file")
	})
	p.Kill()
	t.Run("no database", func(t *testing.T) {
		file := filepath.Join(dir, "text.db")
		if err := os.WriteFile(file, []byte(strings.Repeat("This is a text. ", 500)), 0o600); err != nil {
			t.Fatal(err)
		}
		cannot(t, c, file, nil, "the file is not a SQLite database: name another file, or move this one away")
	})
	t.Run("damaged", func(t *testing.T) {
		file := filepath.Join(dir, "damaged.db")
		p := c.start("--store", "sqlite:"+file)
		if err := errors.Join(p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Wait()); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 200; i < len(b); i++ {
			b[i] ^= 0x5a
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		cannot(t, c, file, nil, "the file is damaged: restore a copy")
	})
	t.Run("no room", func(t *testing.T) {
		dir := small(t, 1<<20)
		fill(t, dir)
		cannot(t, c, filepath.Join(dir, "x.db"), nil, "the disk is full: make room")
	})
	t.Run("no room any more", func(t *testing.T) {
		dir := small(t, 4<<20)
		file := filepath.Join(dir, "x.db")
		session := ""
		ask := func(p *server, path string) *reply {
			t.Helper()
			s, err := exchange(http.DefaultClient, "POST", p.base+path, session, "application/json", []byte(`{"username": "ann", "password": "correct horse"}`))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		p := c.start("--store", "sqlite:"+file)
		ask(p, "/Profile/createAccount")
		session = ask(p, "/auth/login").text("session")
		p.Kill()
		fill(t, dir)
		// It starts, reads, and reports that it cannot write.
		p = c.start("--store", "sqlite:"+file)
		defer p.Kill()
		if s := ask(p, "/Library/_getLibraryByUser"); s.status != 200 {
			t.Errorf("a read is answered %d %s, want 200", s.status, s.raw)
		}
		if s := ask(p, "/auth/login"); s.status != 503 || s.retry == "" {
			t.Errorf("a login is answered %d %s, want 503", s.status, s.raw)
		}
	})
	t.Run("not its own", func(t *testing.T) {
		if os.Getuid() != 0 {
			t.Skip("only root can start the server as somebody else")
		}
		binary := filepath.Join(t.TempDir(), "server")
		copyTo(t, os.Args[0], binary)
		shown(t, filepath.Dir(binary))
		if err := os.Chmod(good, 0o644); err != nil {
			t.Fatal(err)
		}
		c := *c
		c.binary = binary
		somebody := func(cmd *exec.Cmd) {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		cannot(t, &c, filepath.Join(dir, "new.db"), somebody, "its folder cannot be written to")
		cannot(t, &c, good, somebody, "it belongs to another user, or is not writable: check its owner and permissions")
		if err := errors.Join(os.Chmod(dir, 0o777), os.Chmod(good+".lock", 0o666)); err != nil {
			t.Fatal(err)
		}
		cannot(t, &c, good, somebody, "the file cannot be opened for writing: check its owner and permissions")
	})
}

// shown makes a folder of the test readable for everyone.
func shown(t *testing.T, folder string) {
	t.Helper()
	for ; len(folder) > len(os.TempDir()); folder = filepath.Dir(folder) {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// cannot starts a server that must report why it cannot start.
func cannot(t *testing.T, c *crash, file string, as func(*exec.Cmd), want string) {
	t.Helper()
	cmd := c.command("--store", "sqlite:"+file)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = io.Discard, &said
	if as != nil {
		as(cmd)
		cmd.Dir = "/"
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	cmd.Wait()
	timer.Stop()
	if code := cmd.ProcessState.ExitCode(); code != 2 {
		t.Errorf("the server ended with status %d, want 2; it said:\n%s", code, said.String())
	}
	if !strings.Contains(said.String(), want) || !strings.Contains(said.String(), file) {
		t.Errorf("the server said\n%s\nwant the file %s and %q", said.String(), file, want)
	}
	t.Log(strings.TrimSpace(said.String()))
}
