package engine

import (
	"testing"
	"testing/synctest"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// lookups is a store that notes for which flows the scheduler asks whether it
// still owns them, which it does first when it resumes one.
type lookups struct {
	store.Store
	asked []value.ID
}

func (l *lookups) Owns(id value.ID) bool {
	l.asked = append(l.asked, id)
	return false
}

// A flow that becomes due before the run that made it wait has released its claim
// keeps waiting, and resumes at the release. Its decision is not lost.
func TestDueWhileClaimed(t *testing.T) {
	for _, becomes := range []struct {
		what string
		due  func(s *scheduler, id value.ID)
	}{
		{"ready", func(s *scheduler, id value.ID) { s.addWaiting(id, Waiting{}) }},
		{"decided", func(s *scheduler, id value.ID) {
			s.addWaiting(id, Waiting{Parked: true})
			s.mu.Lock()
			defer s.mu.Unlock()
			s.resumeLocked(id, &store.Decision{Flow: id, Name: "n", Code: "retry"}, nil)
		}},
	} {
		t.Run(becomes.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st := &lookups{}
				e := &Engine{store: st, options: Options{Limits: Limits{Waiting: 1}}}
				e.scheduler = newScheduler(e)
				defer e.scheduler.abort()
				id := value.ID{1}
				if !e.registry.claim(id) {
					t.Fatal("the claim is taken")
				}
				becomes.due(e.scheduler, id)
				synctest.Wait()
				if waiting, parked := e.Waiting(); waiting+parked != 1 || len(st.asked) != 0 {
					t.Errorf("before the release %d wait, %d resumed, want 1, 0", waiting+parked, len(st.asked))
				}
				e.releaseClaim(id)
				synctest.Wait()
				if waiting, parked := e.Waiting(); waiting+parked != 0 || len(st.asked) != 1 {
					t.Errorf("after the release %d wait, %d resumed, want 0, 1", waiting+parked, len(st.asked))
				}
			})
		})
	}
}

// A flow that was resumed for a slot and ends without it leaves the slot to the
// next one that is ready.
func TestNextReadyWithoutASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &lookups{}
		e := &Engine{store: st, options: Options{Limits: Limits{Waiting: 1}}}
		e.scheduler = newScheduler(e)
		defer e.scheduler.abort()
		e.scheduler.slots = 1
		for i := range byte(3) {
			e.scheduler.addWaiting(value.ID{i + 1}, Waiting{})
		}
		e.scheduler.releaseSlot()
		synctest.Wait()
		if waiting, _ := e.Waiting(); waiting != 0 || len(st.asked) != 3 {
			t.Errorf("%d still wait, %d resumed, want 0, 3", waiting, len(st.asked))
		}
	})
}
