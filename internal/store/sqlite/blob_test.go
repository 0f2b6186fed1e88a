package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/store/storetest"
	"github.com/legible-lang/legible/value"
)

const files = `
Files.File
  file optional blob
  at optional moment
  index at
`

func withFiles(t testing.TB, path string, o Options) (*Store, *store.Table) {
	t.Helper()
	s := opened(t, path, o)
	schema := storetest.ParseSchema(t, files)
	if err := s.Prepare(context.Background(), schema); err != nil {
		t.Fatal(err)
	}
	return s, schema.Tables[0]
}

func TestBlobFiles(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "test.db")
	s, _ := withFiles(t, path, Options{})
	b, err := s.PutBlob(ctx, strings.NewReader("hello"), "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%x", b.Hash)
	file := filepath.Join(path+"-blobs", text[:2], text[2:])
	if data, err := os.ReadFile(file); string(data) != "hello" || err != nil {
		t.Fatalf("the file %s holds %q, %v", file, data, err)
	}
	if runtime.GOOS != "windows" {
		for name, want := range map[string]os.FileMode{path + "-blobs": 0o700, filepath.Dir(file): 0o700, file: 0o600} {
			if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
				t.Errorf("the permissions of %s are not %v: %v, %v", name, want, info, err)
			}
		}
	}
	// A file that lost its end is stored anew.
	if err := os.Truncate(file, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutBlob(ctx, strings.NewReader("hello"), ""); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(file); string(data) != "hello" {
		t.Errorf("a file that had lost its end holds %q after storing it again", data)
	}
	if _, err := s.PutBlob(ctx, iotest.ErrReader(errors.New("no")), ""); err == nil {
		t.Error("a reader's error is lost")
	}
	// What a crash leaves is removed at the next opening, and nothing else is.
	r := opened(t, path, Options{ReadOnly: true})
	if _, err := r.PutBlob(ctx, strings.NewReader("x"), ""); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("storing in what was opened for reading gives %v", err)
	}
	if _, err := r.SweepBlobs(ctx, 0); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("sweeping what was opened for reading gives %v", err)
	}
	if f, err := r.OpenBlob(ctx, b.Hash); err != nil {
		t.Errorf("reading beside a running process: %v", err)
	} else {
		f.Close()
	}
	if err := errors.Join(r.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	if got, _ := filepath.Glob(filepath.Join(path+"-blobs", "*")); len(got) != 1 {
		t.Errorf("beside the one blob there are %v", got)
	}
	left, other := filepath.Join(path+"-blobs", newPrefix+"123"), filepath.Join(path+"-blobs", "note")
	if err := errors.Join(os.WriteFile(left, nil, 0o600), os.WriteFile(other, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	opened(t, path, Options{})
	for name, want := range map[string]bool{left: false, other: true, file: true} {
		if _, err := os.Stat(name); (err == nil) != want {
			t.Errorf("after opening again %s is there: %v, want %v", name, err == nil, want)
		}
	}
}

func TestBlobOnFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no device that is always full")
	}
	s, _ := withFiles(t, filepath.Join(t.TempDir(), "test.db"), Options{})
	link := filepath.Join(t.TempDir(), "full")
	s.blobs.create = func(string) (*os.File, error) {
		if err := os.Symlink("/dev/full", link); err != nil {
			return nil, err
		}
		return os.OpenFile(link, os.O_WRONLY, 0)
	}
	_, err := s.PutBlob(context.Background(), strings.NewReader("x"), "")
	if err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("storing on a full disk says %v", err)
	}
	s.blobs.create = newFile
	if _, err := s.PutBlob(context.Background(), strings.NewReader("x"), ""); err != nil {
		t.Errorf("when the disk has room again: %v", err)
	}
}

// TestSweepSparesWhatIsWrittenMeanwhile moves a reference while the sweep has
// read one half: from the table that it has not come to into one that it has.
func TestSweepSparesWhatIsWrittenMeanwhile(t *testing.T) {
	ctx := context.Background()
	s, table := withFiles(t, filepath.Join(t.TempDir(), "test.db"), Options{})
	b, err := s.PutBlob(ctx, strings.NewReader("x"), "")
	if err != nil {
		t.Fatal(err)
	}
	w := store.NewSweep()
	w.Add(b.Hash)
	schema, err := s.beginSweep(w)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.mark(ctx, w, schema); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SweepBlobs(ctx, 0); err == nil {
		t.Error("two sweeps run at once")
	}
	f := s.NewSession(value.ID{1})
	if err := errors.Join(f.Insert(table, "a", store.Row{value.Binary(b), value.Null}), f.Finish(nil)); err != nil {
		t.Fatal(err)
	}
	if gone, err := s.dropBlob(w, b.Hash, time.Now()); gone || err != nil {
		t.Errorf("what a row has come to refer to is removed: %v, %v", gone, err)
	}
	s.endSweep()
}

func TestDueUsesTheIndex(t *testing.T) {
	s, table := withFiles(t, filepath.Join(t.TempDir(), "test.db"), Options{})
	for _, page := range []store.Page{{}, {Limit: 10}, {Limit: 10, After: 5}} {
		page.Due = &store.Due{Column: 1, Until: value.Time(time.UnixMilli(5))}
		f := s.NewSession(value.ID{1})
		if _, err := f.Find(table, nil, nil, page); err != nil {
			t.Fatal(err)
		}
		f.Abandon()
	}
	for _, x := range s.byName["Files.File"].find {
		text := x.q.text
		for i := range strings.Count(text, "?") {
			text = strings.Replace(text, "?", fmt.Sprint(i+1), 1)
		}
		if plan := strings.Join(rows(t, s, "EXPLAIN QUERY PLAN "+text), "\n"); !strings.Contains(plan, "Files.File by at") {
			t.Errorf("%s does not use the index:\n%s", text, plan)
		}
	}
}

const killBlobs = "LEGIBLE_TEST_KILL_BLOBS"

// putUntilKilled stores blobs with rows that refer to them, drops half of the
// rows, sweeps, and prints the id of each row that is to stay.
func putUntilKilled(path string) error {
	ctx := context.Background()
	s, err := Open(path, Options{})
	if err != nil {
		return err
	}
	schema := storetest.ParseSchema(nil, files)
	if err := s.Prepare(ctx, schema); err != nil {
		return err
	}
	table := schema.Tables[0]
	ids := value.NewIDs()
	failed := make(chan error)
	for w := range 3 {
		go func() {
			for i := 0; ; i++ {
				data := bytes.Repeat([]byte{byte(rand.IntN(256)), byte(i)}, 1+rand.IntN(200_000))
				b, err := s.PutBlob(ctx, bytes.NewReader(data), "")
				if err != nil {
					failed <- err
					return
				}
				id := ids.At(time.Now())
				f := s.NewSession(id)
				if err := errors.Join(f.Insert(table, id.String(), store.Row{value.Binary(b), value.Null}), f.Finish([]byte("put"))); err != nil {
					failed <- err
					return
				}
				if i%2 == 1 {
					fmt.Println(id)
					continue
				}
				f = s.NewSession(ids.At(time.Now()))
				if err := errors.Join(f.Delete(table, id.String()), f.Finish([]byte("gone"))); err != nil {
					failed <- err
					return
				}
				if w == 0 && i%8 == 0 {
					if _, err := s.SweepBlobs(ctx, 20*time.Millisecond); err != nil {
						failed <- err
						return
					}
				}
			}
		}()
	}
	return <-failed
}

func TestKillBlobs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	path := filepath.Join(t.TempDir(), "test.db")
	var answered []string
	for round := range rounds {
		answered = append(answered, killed(t, []string{killBlobs + "=" + path}, time.Duration(30+round*37%100)*time.Millisecond)...)
		s, table := withFiles(t, path, Options{})
		if left, _ := filepath.Glob(filepath.Join(path+"-blobs", newPrefix+"*")); len(left) > 0 {
			t.Errorf("the end of a process has left %v", left)
		}
		if round == rounds-1 {
			if _, err := s.SweepBlobs(ctx, 0); err != nil {
				t.Fatal(err)
			}
		}
		f := s.NewSession(value.ID{1})
		for _, id := range answered {
			row, err := f.Get(table, id)
			if row == nil || err != nil {
				t.Errorf("a row that was answered is not there: %v", err)
				continue
			}
			if err := whole(s, row[0].Blob()); err != nil {
				t.Error(err)
			}
		}
		f.Abandon()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(answered) == 0 {
		t.Error("no row was answered before the end: the test tests nothing")
	}
}

// whole tells what is wrong with a blob.
func whole(s *Store, b *value.Blob) error {
	r, err := s.OpenBlob(context.Background(), b.Hash)
	if err != nil {
		return err
	}
	defer r.Close()
	h := sha256.New()
	if n, err := io.Copy(h, r); err != nil || n != b.Size || [32]byte(h.Sum(nil)) != b.Hash {
		return fmt.Errorf("a blob of %d bytes reads as %d others, %w", b.Size, n, err)
	}
	return nil
}

func TestBlobsOfSeveral(t *testing.T) {
	s, _ := withFiles(t, filepath.Join(t.TempDir(), "test.db"), Options{Durability: store.Memory})
	data := bytes.Repeat([]byte("same"), 100_000)
	var group sync.WaitGroup
	for range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			b, err := s.PutBlob(context.Background(), iotest.HalfReader(bytes.NewReader(data)), "")
			if err == nil {
				err = whole(s, b)
			}
			if err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	if got, _ := filepath.Glob(filepath.Join(s.blobs.folder, "*", "*")); len(got) != 1 {
		t.Errorf("the same bytes lie in %v", got)
	}
	if got, _ := filepath.Glob(filepath.Join(s.blobs.folder, newPrefix+"*")); len(got) != 0 {
		t.Errorf("storing has left %v", got)
	}
}
