package host

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A server writes a short answer after the handler has returned. Until then the
// connection does not wait for its client, so the gate must not close it.
func TestBusyUntilTheAnswerIsSent(t *testing.T) {
	for _, body := range []string{"", "{}"} {
		c := &guest{}
		handler := noticing(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !c.waits(time.Now()) && body != "" {
				t.Error("busy before the request has arrived")
			}
			for b := make([]byte, 1); ; {
				if _, err := r.Body.Read(b); err != nil {
					break
				}
			}
		}))
		r := httptest.NewRequestWithContext(context.WithValue(t.Context(), guestKey{}, c), "POST", "/", strings.NewReader(body))
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if c.waits(time.Now()) {
			t.Errorf("after the handler of the body %q the connection counts as waiting for its client", body)
		}
		connState(c, http.StateActive)
		if c.waits(time.Now()) {
			t.Errorf("after the body %q a connection that is not idle counts as waiting", body)
		}
		connState(c, http.StateIdle)
		if !c.waits(time.Now()) {
			t.Errorf("after the answer to the body %q the connection is still busy", body)
		}
	}
}
