// Package browsertest starts Chromium for tests of pages.
//
// Its one function is [Open]. It promises that the browser is gone when the test
// ends, and that a test without a browser is skipped with the reason, except in
// CI, where it fails.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Open starts a headless Chromium and returns its context, for chromedp.Run. The
// browser has 60 seconds. It is the one that the variable CHROMIUM names, or the
// first that the PATH has. With -short the test is skipped.
func Open(t testing.TB) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes too long for -short")
	}
	path := find()
	switch {
	case path != "":
	case os.Getenv("CI") != "":
		t.Fatal("Chromium is missing: install it, or name it in the variable CHROMIUM")
	default:
		t.Skip("Chromium is missing: install it, or name it in the variable CHROMIUM")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.Flag("disable-background-networking", true))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	timed, end := context.WithTimeout(ctx, 60*time.Second)
	t.Cleanup(func() { end(); cancel(); stop() })
	// The browser lives as long as the context of the first run.
	if err := chromedp.Run(timed); err != nil {
		t.Fatal(err)
	}
	return timed
}

// find returns the path of a Chromium, "" when there is none.
func find() string {
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	return ""
}
