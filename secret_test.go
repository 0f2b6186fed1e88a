package legible_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/legible-lang/legible"
)

// TestSecretIsNotPrinted: in whatever a secret is, printing and logging it gives
// nothing of it.
func TestSecretIsNotPrinted(t *testing.T) {
	s := legible.SecretOf("hunter2")
	inside := struct {
		Open   legible.Secret
		closed legible.Secret
	}{s, s}
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t"} {
		for _, x := range []any{s, &s, inside, &inside, []legible.Secret{s}, map[string]any{"s": inside}} {
			fmt.Fprintf(&b, verb, x)
		}
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("told", "secret", s, "inside", inside, "all", []any{s, &inside})
	}
	j, err := json.Marshal(inside)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(j)
	for _, told := range []string{"hunter2", "68756e74657232"} {
		if i := strings.Index(b.String(), told); i >= 0 {
			t.Errorf("a secret is printed: …%s…", b.String()[max(0, i-40):i+20])
		}
	}
	if s.Reveal() != "hunter2" || s != legible.SecretOf("hunter2") || legible.SecretOf("") != (legible.Secret{}) || (legible.Secret{}).Reveal() != "" {
		t.Error("a secret is another one than it was made of")
	}
}
