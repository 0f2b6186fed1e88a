//go:build unix

package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A server is FocusReader as a person starts it.
type loadServer struct {
	cmd  *exec.Cmd
	addr string // host:port
	log  string // the file with what it prints
}

func loadServe(t *testing.T, args ...string) *loadServer {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "focusreader")
	if text, err := exec.Command("go", "build", "-o", binary, "github.com/legible-lang/legible/apps/focusreader").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, text)
	}
	s := &loadServer{log: filepath.Join(dir, "log")}
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command(binary, append([]string{"--addr", "127.0.0.1:0", "--inspect", "none"}, args...)...)
	s.cmd.Dir, s.cmd.Stderr = dir, log
	pipe, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.cmd.Process.Kill() // fails when the test has ended it
		s.cmd.Wait()
	})
	line, err := bufio.NewReader(pipe).ReadString('\n')
	addr, found := strings.CutPrefix(strings.TrimSpace(line), "listening on http://")
	if err != nil || !found {
		t.Fatalf("the server said %q (%v)", line, err)
	}
	s.addr = addr
	return s
}

// post asks once, on a connection of its own.
func (s *loadServer) post(path, body string) (*http.Response, error) {
	r, err := http.NewRequest("POST", "http://"+s.addr+"/api"+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Close = true
	return (&http.Client{Timeout: time.Minute}).Do(r)
}

func (s *loadServer) dial() (net.Conn, error) { return net.DialTimeout("tcp", s.addr, 10*time.Second) }

// memory reads what the system says of the process, in bytes, and 0 where there
// is no such thing to read.
func (s *loadServer) memory(what string) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, what+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}

// files counts what the process has open, connections too.
func (s *loadServer) files() int {
	list, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	return len(list)
}

// goroutines ends the process, which says what each of its goroutines does.
func (s *loadServer) goroutines(t *testing.T) []string {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	s.cmd.Wait() // its error is that it was ended
	text, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, part := range bytes.Split(text, []byte("\n\n")) {
		if bytes.HasPrefix(part, []byte("goroutine ")) {
			list = append(list, string(part))
		}
	}
	return list
}
