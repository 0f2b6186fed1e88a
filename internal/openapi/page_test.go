package openapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/legible-lang/legible/internal/openapi"
)

// TestPage reads the page for people: it says what an action brings about as a
// sentence, its policy lets its own style in and it follows a hand's width.
func TestPage(t *testing.T) {
	a, err := txtar.ParseFile("testdata/forms.txtar")
	if err != nil {
		t.Fatal(err)
	}
	text, err := openapi.Of(program(t, a), openapi.Options{}).Page("http://reader.test", "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	if !strings.Contains(page, "<p>Shelving.put adds a book</p>") {
		t.Error("what Shelving.put brings about is not said as a sentence of its own")
	}
	if style := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindStringSubmatch(page); style == nil {
		t.Error("the page has no style")
	} else if sum := sha256.Sum256([]byte(style[1])); !strings.Contains(openapi.PagePolicy(), base64.StdEncoding.EncodeToString(sum[:])) {
		t.Error("the policy of the page does not let its own style in")
	} else if !strings.Contains(style[1], "@media (max-width") {
		t.Error("the style has no rules for a narrow window")
	}
}
