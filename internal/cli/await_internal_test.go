package cli

import (
	"context"
	"testing"
	"time"

	"github.com/legible-lang/legible/value"
)

// A slowStore has a flow only after it was asked for it several times.
type slowStore struct {
	flowSource
	id    value.ID
	asked int
}

func (s *slowStore) Flows(context.Context, value.ID, int) ([]value.ID, error) {
	if s.asked++; s.asked < 4 {
		return nil, nil
	}
	return []value.ID{s.id}, nil
}

// An explanation that is asked for right after the answer finds the flow, although the app
// writes its record a moment later.
func TestAwaitNewFlow(t *testing.T) {
	id := value.NewIDs().At(time.Now())
	r := &records{store: &slowStore{id: id}}
	if found, err := r.find(id.String()); err != nil || found != id {
		t.Errorf("the flow is %s, %v", found, err)
	}
	old := value.NewIDs().At(time.Now().Add(-time.Hour))
	s := &slowStore{id: old}
	if _, err := (&records{store: s}).find(old.String()); err == nil || s.asked != 1 {
		t.Errorf("a flow of an hour ago was looked for %d times: %v", s.asked, err)
	}
}
