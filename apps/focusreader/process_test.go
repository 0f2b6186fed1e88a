//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A process is a running server.
type process struct {
	client
	cmd *exec.Cmd
	out *output
}

// output collects what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.text.Bytes())
}

// start starts the binary in a folder and waits until it reports its address.
func start(t *testing.T, binary, dir string, out *output, args ...string) *process {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"--addr", "127.0.0.1:0"}, args...)...)
	cmd.Dir, cmd.Stderr = dir, out
	t.Cleanup(func() { end(cmd) })
	base, err := launch(cmd)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.bytes())
	}
	fmt.Fprintln(out, "listening on", base)
	return &process{client{t, base}, cmd, out}
}

// launch starts a server and waits until it reports its address.
func launch(cmd *exec.Cmd) (base string, err error) {
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(pipe).ReadString('\n')
	base, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !found {
		return "", fmt.Errorf("the server said %q (%v)", line, err)
	}
	return base, nil
}

// end kills a server, if it runs.
func end(cmd *exec.Cmd) {
	if cmd.Process != nil {
		cmd.Process.Kill() // fails if it has ended
	}
}

// TestProcess ends the server by a signal and by a kill, and continues. It tests the
// promises to users: everything that was answered is kept, and no secret is written
// anywhere.
func TestProcess(t *testing.T) {
	binary := build(t)
	dir := t.TempDir()
	out := &output{}

	p := start(t, binary, dir, out)
	user := p.want("/api/Profile/createAccount", ann, 200, fields{"user": nil}).text("user")
	session := p.want("/api/auth/login", ann, 200, fields{"user": user, "session": nil}).text("session")
	p.want("/api/auth/login", `{"username": "ann", "password": "wrong horse"}`, 401, nil)
	p.kill(t)

	p = start(t, binary, dir, out)
	p.want("/api/Profile/_getUserDetails", `{"session": "`+session+`"}`, 200, fields{"username": "ann"})
	p.want("/api/Profile/_getUserDetails", `{}`, 200, nil, "Authorization", "Bearer "+session)
	p.want("/api/Profile/changePassword",
		`{"session": "`+session+`", "oldPassword": "correct horse", "newPassword": "battery staple"}`, 200, nil)
	second := p.want("/api/auth/login", `{"username": "ann", "password": "battery staple"}`, 200, nil).text("session")
	p.want("/api/auth/logout", `{"session": "`+session+`"}`, 200, nil)
	// Fields that no sync names may contain secrets.
	p.want("/api/auth/login", `{"username": "ann", "password": "battery staple", "pin": "pin-8461"}`, 200, nil)

	files := map[string][]byte{"what it printed": nil}
	read := func() {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(name)
			files[filepath.Base(name)] = append(files[filepath.Base(name)], text...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read() // while it runs, with the further files of the database
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("SIGTERM did not end the server in order: %v\n%s", err, out.bytes())
	}
	read()
	files["what it printed"] = out.bytes()
	for _, address := range []string{"API on " + p.base + "/api\n", "inspector on http://127.0.0.1:"} {
		if said := files["what it printed"]; !bytes.Contains(said, []byte(address)) {
			t.Errorf("the server does not print %q:\n%s", address, said)
		}
	}

	secrets := map[string]string{"the password": "correct horse", "a wrong password": "wrong horse",
		"the new password": "battery staple", "the session": session, "the second session": second, "an unknown field": "pin-8461"}
	held := 0
	for name, text := range files {
		held += len(text)
		for what, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds %s", name, what)
			}
		}
	}
	if !bytes.Contains(files["focusreader.db"], []byte(user)) || held < 1000 {
		t.Errorf("the files do not hold what they should: %d bytes in %d files", held, len(files))
	}

	p = start(t, binary, dir, out)
	p.want("/api/Profile/_getUserDetails", `{"session": "`+second+`"}`, 200, fields{"username": "ann"})
	p.want("/api/Profile/_getUserDetails", `{"session": "`+session+`"}`, 401, nil)
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("an interrupt did not end the server in order: %v\n%s", err, out.bytes())
	}
}

// TestProcessSaysWhy starts the server with invalid settings.
func TestProcessSaysWhy(t *testing.T) {
	out := &output{}
	ctx := t.Context()
	err := run(ctx, []string{"--store", "postgress://x"}, nil, out, out)
	if err == nil || !strings.Contains(err.Error(), "write memory:, sqlite:PATH or postgres://") {
		t.Errorf("an unknown store is told as %v", err)
	}
	err = run(ctx, []string{"--store", "memory:", "--addr", "127.0.0.1:99999"}, nil, out, out)
	if err == nil || !strings.Contains(err.Error(), "listening") {
		t.Errorf("an address that is none is told as %v", err)
	}
}
