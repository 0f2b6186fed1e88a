package docstest

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
)

// TestScaleOut does what docs/howto/scale-out.md says: two nodes behind the
// proxy as it is configured there, but for the ports, are asked what the page
// asks; then one is killed, and the last question asked again.
func TestScaleOut(t *testing.T) {
	if testing.Short() {
		t.Skip("builds FocusReader: .ci/run runs it, as does go test without -short")
	}
	if _, err := exec.LookPath("haproxy"); err != nil {
		t.Skip("there is no haproxy: install it to run this test")
	}
	url := pgtest.Start(t, "-c", "fsync=off").URL(t)
	t.Cleanup(pgtest.Stop)
	page := fences(t, filepath.Join(top, "docs", "howto", "scale-out.md"))
	var config string
	var asked []command
	for _, f := range page {
		switch {
		case f.kind == "text" && len(f.words) == 2 && f.words[1] == "haproxy.cfg":
			config = f.text
		case f.kind == "console":
			asked = append(asked, commands(f)...)
		}
	}
	if config == "" || len(asked) < 3 {
		t.Fatalf("the page has no haproxy.cfg, or asks only %d things", len(asked))
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "focusreader")
	if text, err := exec.Command("go", "build", "-o", binary, top+"/apps/focusreader").CombinedOutput(); err != nil {
		t.Fatalf("building FocusReader: %v\n%s", err, text)
	}
	var nodes []*exec.Cmd
	for n := range 2 {
		cmd := exec.Command(binary, "--addr", "127.0.0.1:0", "--store", url, "--inspect", "none")
		addr := started(t, cmd)
		nodes = append(nodes, cmd)
		config = changed(t, config, fmt.Sprintf("127.0.0.1:800%d", n+1), addr)
	}
	front := freeAddr(t)
	config = changed(t, config, "127.0.0.1:8000", front)
	write(t, filepath.Join(dir, "haproxy.cfg"), config)
	proxy := exec.Command("haproxy", "-f", filepath.Join(dir, "haproxy.cfg"))
	proxy.Stderr = os.Stderr
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		proxy.Process.Kill()
		proxy.Wait() // its error is that it was killed
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	ask := func(c command) string {
		m := curlLine.FindStringSubmatch(c.input)
		if m == nil {
			t.Fatalf("%s:%d: %s is written otherwise than this test can read", c.doc, c.line, c.input)
		}
		return eventually(client, "http://"+front+m[3], m[2])
	}
	for _, c := range asked {
		if got := ask(c); !shown(strings.TrimSpace(c.output)).MatchString(got) {
			t.Errorf("%s:%d: %s answers\n%s\nand the page shows\n%s", c.doc, c.line, c.input, got, c.output)
		}
	}
	if err := nodes[0].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	last := asked[len(asked)-1]
	for range 4 { // whoever's turn it is
		if got := ask(last); !shown(strings.TrimSpace(last.output)).MatchString(got) {
			t.Errorf("with one node killed, %s answers\n%s\nand the page shows\n%s", last.input, got, last.output)
		}
	}
}

// eventually asks until something else than a proxy without nodes answers.
func eventually(client *http.Client, url, body string) (said string) {
	for range 100 {
		w, err := client.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			said = err.Error()
			time.Sleep(100 * time.Millisecond)
			continue
		}
		text, err := io.ReadAll(w.Body)
		w.Body.Close()
		if said = string(text); err == nil && strings.HasPrefix(said, "{") {
			return said
		}
		time.Sleep(100 * time.Millisecond)
	}
	return said
}

// started starts a node and gives where it listens.
func started(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	cmd.Dir = t.TempDir()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // fails when the test has killed it
		cmd.Wait()
	})
	line := make([]byte, 200)
	n, err := out.Read(line)
	m := listening.FindSubmatch(line[:n])
	if err != nil || m == nil {
		t.Fatalf("FocusReader said %q (%v)", line[:n], err)
	}
	return strings.TrimPrefix(string(m[1]), "http://")
}

func changed(t *testing.T, text, from, to string) string {
	t.Helper()
	if strings.Count(text, from) != 1 {
		t.Fatalf("%s does not stand once in\n%s", from, text)
	}
	return strings.Replace(text, from, to, 1)
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
