package main

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/internal/cli"
)

// TestBackupUnderLoad copies the store with the command while clients work, and
// starts the app on the copy. Everything that was answered before is in the copy,
// nothing is there twice, and the copy is complete.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func(name string) client {
		c, _ := serveProgram(t, testProgram(), legible.Options{Store: "sqlite:" + filepath.Join(dir, name), Log: slog.New(slog.DiscardHandler)})
		return c
	}
	c := open("reader.db")
	c.want("/Profile/createAccount", ann, 200, nil)
	session := `{"session": "` + c.want("/auth/login", ann, 200, nil).text("session") + `"`

	var mu sync.Mutex
	copies := 3
	if testing.Short() {
		copies = 1
	}
	reached := make([]chan struct{}, copies) // closed after 100, 200 and 300 tags
	for n := range reached {
		reached[n] = make(chan struct{})
	}
	answered, asked := map[string]bool{}, map[string]bool{}
	var next atomic.Int64
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				number := next.Add(1)
				if n := number/100 - 1; number%100 == 0 && n < int64(copies) {
					close(reached[n])
				}
				title := fmt.Sprint("tag ", number)
				mu.Lock()
				asked[title] = true
				mu.Unlock()
				w, err := http.Post(c.base+"/Annotation/createTag", "application/json", strings.NewReader(session+`, "title": "`+title+`"}`))
				if err != nil {
					t.Error(err)
					return
				}
				w.Body.Close()
				mu.Lock()
				answered[title] = w.StatusCode == 200 // 429 after a thousand
				mu.Unlock()
			}
		})
	}
	legibly := func(args ...string) {
		t.Helper()
		var said strings.Builder
		if code := cli.Run(args, strings.NewReader(""), io.Discard, &said); code != 0 {
			t.Errorf("legible %s exits with %d: %s", strings.Join(args, " "), code, &said)
		}
	}
	var before []map[string]bool
	for n := range copies {
		<-reached[n]
		mu.Lock()
		before = append(before, maps.Clone(answered))
		mu.Unlock()
		legibly("backup", "--store", filepath.Join(dir, "reader.db"), filepath.Join(dir, fmt.Sprintf("copy%d.db", n)))
	}
	close(stop)
	group.Wait()
	for n, before := range before {
		name := fmt.Sprintf("copy%d.db", n)
		legibly("journal", "verify", "--store", filepath.Join(dir, name))
		there := map[string]bool{}
		for _, x := range open(name).want("/Annotation/_getTags", session+"}", 200, nil).list {
			tag, _ := x.(map[string]any)["tag"].(map[string]any)
			title, _ := tag["title"].(string)
			if there[title] || !asked[title] {
				t.Errorf("%s has %q twice, or nobody asked for it", name, title)
			}
			there[title] = true
		}
		for title, ok := range before {
			if ok && !there[title] {
				t.Errorf("%s does not have %s, which was answered before", name, title)
			}
		}
		legibly("journal", "verify", "--store", filepath.Join(dir, name))
		t.Logf("%s has %d; %d had been answered before", name, len(there), len(before))
	}
}
