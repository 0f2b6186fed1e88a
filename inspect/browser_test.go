package inspect_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/legible-lang/legible/inspect"
)

// serve serves the pages of a world and gives the address to open.
func (w *world) serve() string {
	w.t.Helper()
	l, err := inspect.Listen("127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.pages.Serve(ctx, l) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			w.t.Error(err)
		}
	})
	return w.pages.Address(l.Addr())
}

// browser opens a Chromium. Where there is none the test is skipped, but not
// where all tests are to be run.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes too long for a short run")
	}
	found := ""
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			found = path
			break
		}
	}
	if found == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no Chromium here; the pages must be tried in one: install it, or name it in CHROMIUM")
		}
		t.Skip("there is no Chromium here to try the pages in; install it, or name it in CHROMIUM")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(found), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.Flag("disable-background-networking", true), chromedp.UserDataDir(t.TempDir()))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	timed, end := context.WithTimeout(ctx, 60*time.Second)
	t.Cleanup(func() { end(); cancel(); stop() })
	return timed
}

// TestLooks takes pictures of every page by day and by night, on a desk and in
// a hand, into the folder that LOOKS names, for a person to look at.
func TestLooks(t *testing.T) {
	folder := os.Getenv("LOOKS")
	if folder == "" {
		t.Skip("LOOKS names no folder for the pictures")
	}
	ctx := browser(t)
	w := open(t, inspect.Options{Development: true}, nil)
	flows := w.lived()
	base := w.serve()
	pages := map[string]string{
		"flows": "", "search": "?q=ann&outcome=refused", "nothing": "?q=nowhere", "failed-login": "flows/" + flows["failed login"],
		"login": "flows/" + flows["login"], "dropped": "flows/" + flows["dropped"], "dropped-why": "flows/" + flows["dropped"] + "?sync=ReadNote",
		"fault": "flows/" + flows["fault"], "many": "flows/" + flows["write"], "firing": "flows/" + flows["login"] + "?match=0",
		"whynot": "flows/" + flows["login"] + "?sync=LogOut",
		"program": "program", "program-sync": "program?sync=LogIn", "concepts": "concepts", "concept": "concepts/Profile",
		"set": "concepts/Noting/Note", "users": "concepts/Profile/User", "routes": "routes", "source": "source/auth.sync?line=16", "missing": "nothing/here",
	}
	for _, look := range []struct {
		name          string
		width, height int64
		scheme        string
	}{{"light", 1360, 900, "light"}, {"dark", 1360, 900, "dark"}, {"phone", 390, 844, "light"}} {
		for name, address := range pages {
			if only := os.Getenv("ONLY"); only != "" && only != name {
				continue
			}
			var picture []byte
			err := chromedp.Run(ctx,
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}),
				chromedp.EmulateViewport(look.width, look.height),
				chromedp.Navigate(base+address),
				chromedp.Sleep(200*time.Millisecond),
				chromedp.FullScreenshot(&picture, 100),
			)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := os.WriteFile(filepath.Join(folder, name+"-"+look.name+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
