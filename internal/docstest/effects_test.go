package docstest

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/legible-lang/legible/concepts/mailing/smtptest"
	"github.com/legible-lang/legible/internal/cli"
)

// TestEffectsPage builds the app of docs/howto/effects.md and does what the page
// says: without a mail server it answers, what it was to send is parked, and it
// is sent when somebody has decided so and there is a server.
func TestEffectsPage(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the app of the page: .ci/run runs it, as does go test without -short")
	}
	here, err := filepath.Abs(top)
	if err != nil {
		t.Fatal(err)
	}
	page := fences(t, filepath.Join(top, "docs", "howto", "effects.md"))
	t.Chdir(t.TempDir())
	for _, f := range page {
		if len(f.words) == 2 && f.words[0] == "in" && f.words[1] != "paying.concept" {
			write(t, f.words[1], f.text)
		}
	}
	write(t, "go.mod", "module example.org/post\n\ngo 1.26\n")
	for _, words := range [][]string{{"go", "work", "init", ".", here}, {"go", "build", "-o", "post", "."}} {
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Env = append(os.Environ(), "GOWORK=", "GOFLAGS=")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, text)
		}
	}
	run := func(env ...string) (addr string, stop func()) {
		t.Helper()
		cmd := exec.Command("./post")
		cmd.Env = append(append(os.Environ(), "ADDR=127.0.0.1:0"), env...)
		talk, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		listening := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)
		for b := make([]byte, 4096); addr == ""; {
			n, err := talk.Read(b)
			said.Write(b[:n])
			if m := listening.FindSubmatch(said.Bytes()); m != nil {
				addr = string(m[1])
			} else if err != nil {
				t.Fatalf("the app ends: %s", &said)
			}
		}
		go io.Copy(io.Discard, talk)
		return addr, func() {
			cmd.Process.Signal(os.Interrupt)
			if err := cmd.Wait(); err != nil {
				t.Errorf("interrupted, the app ends with %v", err)
			}
		}
	}
	legible := func(words ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := cli.Run(words, strings.NewReader(""), &out, &out); code != 0 {
			t.Fatalf("legible %s: %d %s", strings.Join(words, " "), code, &out)
		}
		return out.String()
	}
	addr, stop := run("MAIL_SERVER=", "MAIL_FROM=")
	w, err := http.Post("http://"+addr+"/invite", "application/json", strings.NewReader(`{"email": "ann@example.org"}`))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(w.Body)
	w.Body.Close()
	if w.StatusCode != 200 || !strings.Contains(string(body), "on its way") {
		t.Errorf("the app answers %d %s", w.StatusCode, body)
	}
	parked := ""
	for range 200 {
		if parked = legible("flow", "list", "--parked"); parked != "" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if !strings.Contains(parked, "POST /invite: answered 200 by Invite, Mailing.send is parked: no mail server is known") {
		t.Errorf("what is parked: %s", parked)
	}
	stop()
	legible("flow", "retry", w.Header.Get("X-Trace-Id"), "--reason", "there is a server now")
	s := smtptest.Start(t)
	_, stop = run("MAIL_SERVER="+s.Addr, "MAIL_FROM=Post <post@example.org>")
	defer stop()
	for range 500 {
		if len(s.Messages()) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if list := s.Messages(); len(list) != 1 || list[0].To != "ann@example.org" {
		t.Errorf("the messages are %+v", list)
	}
}
