//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/annotation"
	"github.com/legible-lang/legible/concepts/focusstats"
	"github.com/legible-lang/legible/concepts/library"
	"github.com/legible-lang/legible/concepts/limiting"
	"github.com/legible-lang/legible/concepts/profile"
	"github.com/legible-lang/legible/concepts/requesting"
	"github.com/legible-lang/legible/concepts/sessioning"
	"github.com/legible-lang/legible/concepts/textsettings"
	"github.com/legible-lang/legible/internal/store/postgres/pgtest"
	"github.com/legible-lang/legible/value"
)

const crashChild = "LEGIBLE_CRASH_CHILD"

// builds is a folder for binaries that tests share.
var builds string

// TestMain runs the server that is killed if a crash test starts it.
func TestMain(m *testing.M) {
	if os.Getenv(crashChild) != "" {
		if err := dawdle(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(status(err))
		}
		return
	}
	var err error
	if builds, err = os.MkdirTemp("", "focusreader"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	pgtest.Stop()
	os.RemoveAll(builds)
	os.Exit(code)
}

// dawdle serves FocusReader with slow actions. A flow of several actions takes well
// under a millisecond, so a crash would rarely interrupt one; with slow actions it
// interrupts several. Hashing passwords takes little work, because the load should
// be on the store.
func dawdle(args []string) error {
	s, err := readSettings(args, os.Environ(), os.Stderr)
	if err != nil {
		return err
	}
	s.options.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	var slow []func() legible.Concept
	for _, c := range []func() legible.Concept{requesting.New, profile.With(profile.Options{Memory: 8, Time: 1, Threads: 1}), sessioning.New, limiting.With(s.limits), library.New, annotation.New, focusstats.New, textsettings.New} {
		slow = append(slow, slowly(c))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	app, err := legible.New(texts, slow...).Open(ctx, s.options)
	if err != nil {
		return startError{err}
	}
	l, err := net.Listen("tcp", s.options.Addr)
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", l.Addr())
	return errors.Join(app.Serve(ctx, l, handler(app)), app.Close())
}

// slowly delays every other action of a concept by up to three milliseconds.
func slowly(make func() legible.Concept) func() legible.Concept {
	return func() legible.Concept {
		c := make()
		build := c.Build
		c.Build = func(in *legible.Instance) legible.Methods {
			methods := build(in)
			for name, action := range methods.Actions {
				methods.Actions[name] = func(ctx legible.Context, in, out []value.Value) error {
					if rand.IntN(2) == 0 {
						time.Sleep(rand.N(3 * time.Millisecond))
					}
					err := action(ctx, in, out)
					if name == "authenticate" {
						// This is about as long as real hashing takes after its read.
						time.Sleep(rand.N(20 * time.Millisecond))
					}
					return err
				}
			}
			return methods
		}
		return c
	}
}
