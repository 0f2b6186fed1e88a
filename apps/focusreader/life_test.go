//go:build unix

package main

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
)

// built builds the binary once for all tests, in the folder that TestMain removes.
var built = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(builds, "focusreader")
	if text, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		return binary, fmt.Errorf("building: %w\n%s", err, text)
	}
	return binary, nil
})

// build returns the path of the binary.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the binary: .ci/run runs it, as does go test without -short")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// kill ends a server like a crash.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.cmd.Wait() // the error says that it was killed
}

// TestLifeByCurl runs life.sh, and kills the server in the middle of it.
func TestLifeByCurl(t *testing.T) {
	binary := build(t)
	for _, tool := range []string{"sh", "curl", "base64", "cmp", "sed", "grep"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("there is no %s", tool)
		}
	}
	script, err := filepath.Abs("life.sh")
	if err != nil {
		t.Fatal(err)
	}
	dir, out := t.TempDir(), &output{}
	play := func(p *process, half ...string) {
		t.Helper()
		cmd := exec.Command("sh", append([]string{script, p.base + prefix, ""}, half...)...)
		cmd.Env = append(os.Environ(), "LIFE_KEEP="+filepath.Join(dir, "life"), "TMPDIR="+dir)
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("life.sh %s: %v\n%s\n%s", strings.Join(half, " "), err, text, out.bytes())
		}
	}
	p := start(t, binary, dir, out)
	play(p, "first")
	p.kill(t)
	p = start(t, binary, dir, out)
	play(p, "then")
	play(p)
	p.kill(t)
}

// TestLifeOfAnOlderClient acts as a client that sends the user in place of the
// session, that recognizes refusals only by the field "error", and that keeps
// cookies like a browser.
func TestLifeOfAnOlderClient(t *testing.T) {
	binary := build(t)
	dir, out := t.TempDir(), &output{}
	args := []string{"--refusals", "200"}
	p := start(t, binary, dir, out, args...)
	cookies := map[string]*http.Cookie{}
	do := func(who, path string, pairs ...any) answer {
		t.Helper()
		var headers []string
		if k := cookies[who]; k != nil {
			headers = []string{"Cookie", k.Name + "=" + k.Value, "Origin", p.base, "Sec-Fetch-Site", "same-origin"}
		}
		a := p.want(prefix+path, object(pairs...), 200, nil, headers...)
		if a.cookie != nil {
			cookies[who] = a.cookie
		}
		return a
	}
	ok := func(who, path string, pairs ...any) answer {
		t.Helper()
		a := do(who, path, pairs...)
		if a.fields["error"] != nil {
			t.Fatalf("%s by %s answered %s", path, who, a.raw)
		}
		return a
	}
	refused := func(want, who, path string, pairs ...any) {
		t.Helper()
		if a := do(who, path, pairs...); a.text("error") != want {
			t.Errorf("%s by %s answered %s, want the error %q", path, who, a.raw, want)
		}
	}
	book := base64.StdEncoding.EncodeToString(epubtest.Make("The Sea", "Ann Lee", nil, []string{"<p>Waves.</p>"}))

	users, libraries := map[string]string{}, map[string]string{}
	for _, who := range []string{"ann", "bob"} {
		users[who] = ok(who, "/Profile/createAccount", "username", who, "password", "correct horse").text("user")
		ok(who, "/auth/login", "username", who, "password", "correct horse")
		shelf := ok(who, "/Library/_getLibraryByUser", "user", users[who]).list
		libraries[who] = shelf[0].(map[string]any)["library"].(map[string]any)["_id"].(string)
	}
	ann := users["ann"]
	document := ok("ann", "/Library/createDocument", "user", ann, "name", "Sea", "epubContent", book, "library", libraries["ann"]).text("document")
	details := ok("ann", "/Library/_getDocumentDetails", "document", document).list
	if got := details[0].(map[string]any)["document"].(map[string]any)["epubContent"]; got != book {
		t.Errorf("the book came back as %v", got)
	}
	refused("Document with name 'Sea' already exists in library "+libraries["ann"]+".",
		"ann", "/Library/createDocument", "user", ann, "name", "Sea", "epubContent", book, "library", libraries["ann"])
	ok("ann", "/Library/openDocument", "user", ann, "document", document)
	note := ok("ann", "/Annotation/createAnnotation", "creator", ann, "document", document, "color", "red",
		"location", "epubcfi(/6/4!/4/2)").text("annotation")

	p.kill(t)
	p = start(t, binary, dir, out, args...)

	ok("ann", "/Annotation/updateAnnotation", "user", ann, "annotation", note, "newContent", "Still there")
	ok("ann", "/Library/closeDocument", "user", ann, "document", document)
	if n := len(ok("ann", "/FocusStats/_getSessions", "user", ann).fields["sessions"].([]any)); n != 1 {
		t.Errorf("there are %d sessions of reading, want 1", n)
	}
	// Refusals have the form that older clients expect.
	refused("Invalid username or password.", "carl", "/auth/login", "username", "ann", "password", "wrong horse")
	refused("This is not your account.", "bob", "/Library/openDocument", "user", ann, "document", document)
	refused("This is not your account.", "bob", "/Profile/deleteAccount", "user", ann)
	refused("This is not your document.", "bob", "/Library/renameDocument", "user", users["bob"], "document", document, "newName", "Mine")
	refused("This is not your annotation.", "bob", "/Annotation/deleteAnnotation", "user", users["bob"], "annotation", note)
	if a := do("carl", "/Library/_getLibraryByUser", "user", ann); !strings.HasPrefix(a.text("error"), "Please log in") {
		t.Errorf("without a cookie the library is answered with %s", a.raw)
	}

	ok("ann", "/Profile/changePassword", "user", ann, "oldPassword", "correct horse", "newPassword", "battery staple")
	ok("ann", "/auth/logout", "user", ann)
	if k := cookies["ann"]; k.MaxAge >= 0 || k.Value != "" {
		t.Errorf("logging out left the cookie %v", k)
	}
	delete(cookies, "ann") // as a browser does
	if a := do("ann", "/FocusStats/_viewStats", "user", ann); !strings.HasPrefix(a.text("error"), "Please log in") {
		t.Errorf("after logging out the stats are answered with %s", a.raw)
	}
	ok("ann", "/auth/login", "username", "ann", "password", "battery staple")
	ok("ann", "/Profile/deleteAccount", "user", ann)
	refused("Invalid username or password.", "ann", "/auth/login", "username", "ann", "password", "battery staple")
	ok("bob", "/Profile/_getUserDetails", "user", users["bob"])
	p.kill(t)
}
