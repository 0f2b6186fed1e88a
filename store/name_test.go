package store_test

import (
	"testing"

	"github.com/legible-lang/legible/store"
)

func TestShownHidesPasswords(t *testing.T) {
	for name, want := range map[string]string{
		"sqlite:books.db":                         "sqlite:books.db",
		"memory:":                                 "memory:",
		"postgres://ann@host/books":               "postgres://ann@host/books",
		"postgres://ann:geheim@host/books":        "postgres://ann:xxxxx@host/books",
		"postgresql://host/b?password=geheim&x=1": "postgresql://host/b?password=xxxxx&x=1",
		"postgres://ann:ge heim%@host/books":      "postgres://…",
	} {
		if got := store.Redacted(name); got != want {
			t.Errorf("the store %s is shown as %s, and not as %s", name, got, want)
		}
	}
}
