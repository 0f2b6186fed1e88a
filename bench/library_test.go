package bench

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/legible-lang/legible/concepts/library/epub/epubtest"
)

const (
	books = 1000
	size  = 1 << 20 // of a book, in bytes
)

// BenchmarkLibrary fills a library and looks at it. One iteration is the whole:
// run it with -benchtime 1x -v.
func BenchmarkLibrary(b *testing.B) {
	for _, way := range []struct {
		name      string
		send      func(s *libraryServer, library, name string, book []byte)
		uploaders int
	}{
		{"base64", (*libraryServer).sendBase64, 1},
		{"base64", (*libraryServer).sendBase64, 8},
		{"file", (*libraryServer).sendFile, 1},
		{"file", (*libraryServer).sendFile, 8},
	} {
		b.Run(fmt.Sprintf("as=%s/uploaders=%d", way.name, way.uploaders), func(b *testing.B) {
			for b.Loop() {
				s := libraryServe(b)
				library := s.signUp()
				fill(b, s, library, way.uploaders, way.send)
				libraryLook(b, s, library)
				largest(b, s, library)
				left := object("session", s.session)
				begun := time.Now()
				s.post("/Profile/deleteAccount", left, nil)
				b.Logf("deleting the account: %v", time.Since(begun).Round(time.Millisecond))
				s.stop()
			}
		})
	}
}

// fill uploads the books. Making one takes about as long as taking it in, so
// what is told of the time is how long an upload took, not how many there were.
func fill(b *testing.B, s *libraryServer, library string, uploaders int, send func(s *libraryServer, library, name string, book []byte)) {
	var group sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	next := 0
	take := func() (int, bool) {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1, next <= books
	}
	for range uploaders {
		group.Go(func() {
			for {
				n, more := take()
				if !more {
					return
				}
				book := book(n, size)
				begun := time.Now()
				send(s, library, fmt.Sprint("book ", n), book)
				mu.Lock()
				took = append(took, time.Since(begun))
				if done := len(took); done%(books/4) == 0 {
					b.Logf("%6d books: resident %s, the database %s", done, mb(s.memory("VmRSS")), mb(s.database()))
					if done == books/4 {
						s.forgetHighest() // hashing the password took 64 MB
					}
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	slices.Sort(took)
	highest := s.memory("VmHWM")
	b.Logf("uploading: half of them within %v, 99 of 100 within %v; resident at most %s",
		took[len(took)/2].Round(time.Millisecond/10), took[len(took)*99/100].Round(time.Millisecond/10), mb(highest))
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-upload")
	b.ReportMetric(float64(highest)/(1<<20), "MB-highest")
}

func libraryLook(b *testing.B, s *libraryServer, library string) {
	list := object("session", s.session, "library", library)
	var shelf []struct {
		Document struct {
			ID string `json:"_id"`
		}
	}
	s.post("/Library/_getDocumentsInLibrary", list, &shelf)
	if len(shelf) != books {
		b.Fatalf("the library has %d books", len(shelf))
	}
	s.forgetHighest()
	plain, length := s.timed(20, func() int64 { return s.post("/Library/_getDocumentsInLibrary", list, nil) })
	b.Logf("listing: %v for %d kB; resident at most %s", plain, length>>10, mb(s.memory("VmHWM")))
	b.ReportMetric(float64(plain.Microseconds())/1000, "ms-list")
	s.forgetHighest()
	one, length := s.timed(50, func() int64 { return s.get("/documents/" + shelf[books/2].Document.ID + "/content") })
	b.Logf("one book: %v for %d kB; resident at most %s", one, length>>10, mb(s.memory("VmHWM")))
	s.forgetHighest()
	with := object("session", s.session, "library", library, "content", true)
	all, length := s.timed(1, func() int64 { return s.post("/Library/_getDocumentsInLibrary", with, nil) })
	b.Logf("listing with all contents: %v for %d MB; resident at most %s", all.Round(time.Millisecond), length>>20, mb(s.memory("VmHWM")))
}

func largest(b *testing.B, s *libraryServer, library string) {
	for _, x := range []struct {
		how  string
		send func(s *libraryServer, library, name string, book []byte)
		size int
	}{
		{"base64", (*libraryServer).sendBase64, 30 << 20},
		{"a file", (*libraryServer).sendFile, 99 << 20},
	} {
		book := book(books, x.size)
		s.forgetHighest()
		begun := time.Now()
		x.send(s, library, x.how, book)
		b.Logf("a book of %s as %s: %v; resident at most %s", mb(int64(x.size)), x.how, time.Since(begun).Round(time.Millisecond), mb(s.memory("VmHWM")))
	}
}

// book makes a book that no other is like.
func book(n, size int) []byte {
	random := rand.NewChaCha8([32]byte{byte(n), byte(n >> 8), byte(size >> 20)})
	pad := make([]byte, size)
	random.Read(pad)
	files := epubtest.Files(fmt.Sprintf("Book %d", n), "Ann Lee", epubtest.Cover(), []string{"<p>Text.</p>"})
	return epubtest.Zip(append(files, epubtest.File{Name: "OEBPS/pictures.bin", Data: string(pad), Stored: true})...)
}

func (s *libraryServer) sendBase64(library, name string, book []byte) {
	s.post("/Library/createDocument", object("session", s.session, "library", library, "name", name,
		"epubContent", base64.StdEncoding.EncodeToString(book)), nil)
}

func (s *libraryServer) sendFile(library, name string, book []byte) {
	query := url.Values{"library": {library}, "name": {name}}
	r, err := http.NewRequest("POST", s.base+"/Library/createDocument?"+query.Encode(), bytes.NewReader(book))
	if err != nil {
		s.b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/epub+zip")
	r.Header.Set("Authorization", "Bearer "+s.session)
	s.send(r, nil)
}

func object(pairs ...any) []byte {
	fields := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i].(string)] = pairs[i+1]
	}
	text, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return text
}

// A server is the app as a person starts it.
type libraryServer struct {
	b       *testing.B
	cmd     *exec.Cmd
	base    string
	session string
	client  *http.Client
}

func libraryServe(b *testing.B) *libraryServer {
	b.Helper()
	dir := b.TempDir()
	binary := filepath.Join(dir, "focusreader")
	if text, err := exec.Command("go", "build", "-o", binary, "github.com/legible-lang/legible/apps/focusreader").CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, text)
	}
	cmd := exec.Command(binary, "--addr", "127.0.0.1:0")
	cmd.Dir = dir
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill() }) // fails when it has been stopped
	line, err := bufio.NewReader(pipe).ReadString('\n')
	base, found := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !found {
		b.Fatalf("the server said %q (%v)", line, err)
	}
	return &libraryServer{b: b, base: base + "/api", cmd: cmd,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}}
}

// stop ends the server and takes away what it kept.
func (s *libraryServer) stop() {
	s.cmd.Process.Kill()
	s.cmd.Wait() // its error is that it was killed
	if err := os.RemoveAll(s.cmd.Dir); err != nil {
		s.b.Error(err)
	}
}

// database is how large the database and its log are, without the books.
func (s *libraryServer) database() int64 {
	var n int64
	for _, end := range []string{"", "-wal"} {
		if info, err := os.Stat(filepath.Join(s.cmd.Dir, "focusreader.db"+end)); err == nil {
			n += info.Size()
		}
	}
	return n
}

func (s *libraryServer) signUp() (library string) {
	who := object("username", "ann", "password", "correct horse")
	var account struct{ Library string }
	s.post("/Profile/createAccount", who, &account)
	var login struct{ Session string }
	s.post("/auth/login", who, &login)
	s.session = login.Session
	return account.Library
}

// post asks, and reads the answer into a value, or away. It gives its length.
func (s *libraryServer) post(path string, body []byte, into any) int64 {
	r, err := http.NewRequest("POST", s.base+path, bytes.NewReader(body))
	if err != nil {
		s.b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return s.send(r, into)
}

func (s *libraryServer) get(path string) int64 {
	r, err := http.NewRequest("GET", s.base+path, nil)
	if err != nil {
		s.b.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.session)
	return s.send(r, nil)
}

func (s *libraryServer) send(r *http.Request, into any) int64 {
	w, err := s.client.Do(r)
	if err != nil {
		s.b.Fatal(err)
	}
	defer w.Body.Close()
	if w.StatusCode != 200 {
		text, _ := io.ReadAll(w.Body)
		s.b.Fatalf("%s answered %d: %.300s", r.URL.Path, w.StatusCode, text)
	}
	if into != nil {
		if err := json.NewDecoder(w.Body).Decode(into); err != nil {
			s.b.Fatal(err)
		}
	}
	n, err := io.Copy(io.Discard, w.Body)
	if err != nil {
		s.b.Fatalf("%s: %v", r.URL.Path, err)
	}
	return n
}

// timed does something several times and gives the time that half of them
// took at most.
func (s *libraryServer) timed(times int, do func() int64) (time.Duration, int64) {
	var took []time.Duration
	var n int64
	for range times {
		start := time.Now()
		n = do()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took[len(took)/2].Round(10 * time.Microsecond), n
}

// memory reads what the system says of the process, in bytes: VmRSS is what
// is resident now, VmHWM the most that was. It is 0 where there is no such
// thing to read.
func (s *libraryServer) memory(what string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, what+":"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10
		}
	}
	return 0
}

// forgetHighest lets VmHWM begin anew.
func (s *libraryServer) forgetHighest() {
	os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.cmd.Process.Pid), []byte("5"), 0) // where it cannot, it goes on counting
}

func mb(n int64) string { return fmt.Sprintf("%d MB", n>>20) }
