package words_test

import (
	"testing"

	"github.com/legible-lang/legible/internal/words"
)

func TestWords(t *testing.T) {
	for _, x := range []struct{ got, want string }{
		{words.Enumerate(nil, "and"), ""},
		{words.Enumerate([]string{"a"}, "and"), "a"},
		{words.Enumerate([]string{"a", "b"}, "or"), "a or b"},
		{words.Enumerate([]string{"a", "b", "c"}, "and"), "a, b and c"},
		{words.Counted(0, "row"), "0 rows"},
		{words.Counted(1, "row"), "1 row"},
		{words.Counted(12, "row"), "12 rows"},
		{words.Article("Item"), "an Item"},
		{words.Article("app"), "an app"},
		{words.Article("User"), "a User"},
		{words.Clip("abc", 3), "abc"},
		{words.Clip("abcd", 3), "abc…"},
		{words.Clip("aää", 4), "aä…"},
		{words.Clip("ä", 1), "…"},
		{words.FirstLine("a\nb\n"), "a"},
		{words.FirstLine("a"), "a"},
	} {
		if x.got != x.want {
			t.Errorf("got %q, want %q", x.got, x.want)
		}
	}
}
