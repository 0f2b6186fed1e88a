package inspect

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/history"
	"github.com/legible-lang/legible/internal/journal"
	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// TestPictures lays out random flows: nothing may stand upon anything else or
// outside of the picture, and everything hangs from something.
func TestPictures(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 7))
		s := randomStory(random)
		e := ending{class: refused, mark: "401", words: "refused", step: s.Actions[len(s.Actions)-1], last: s.Actions[len(s.Actions)-1]}
		at := selection{step: s.Actions[random.IntN(len(s.Actions))]}
		if len(s.Matches) > 0 && seed%3 == 0 {
			at = selection{match: s.Matches[random.IntN(len(s.Matches))]}
		}
		p := s.draw(e, at)
		for i, a := range p.Nodes {
			if a.X < 0 || a.Y < 0 || a.X+a.W > p.Width || a.Y+a.H > p.Height {
				t.Fatalf("seed %d: %s stands outside of the picture", seed, a.Title)
			}
			if n := max(len([]rune(a.Title))*smallWidth, len([]rune(a.Below))*6); n > a.W {
				t.Errorf("seed %d: %s / %s is wider than its shape", seed, a.Title, a.Below)
			}
			for _, b := range p.Nodes[:i] {
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Fatalf("seed %d: %s stands upon %s", seed, a.Title, b.Title)
				}
			}
		}
		if len(p.Nodes) > pictureNodes+pictureNodes/4 {
			t.Errorf("seed %d: the picture has %d nodes", seed, len(p.Nodes))
		}
		actions := 0
		for _, n := range p.Nodes {
			if n.Kind == "action" {
				actions++
			}
		}
		if p.Hidden == 0 && actions != len(s.Actions) {
			t.Errorf("seed %d: of %d actions %d are drawn, and nothing is said of the others", seed, len(s.Actions), actions)
		}
		for _, x := range p.Edges {
			for _, m := range numbers.FindAllString(x.Path, -1) {
				if n, _ := strconv.Atoi(m); n < -pictureEdge || n > max(p.Width, p.Height)+pictureEdge {
					t.Fatalf("seed %d: a line leads outside of the picture: %s", seed, x.Path)
				}
			}
		}
	}
}

var numbers = regexp.MustCompile(`-?\d+`)

// randomStory makes a flow of any form.
func randomStory(random *rand.Rand) *story {
	s := &story{Flow: &history.Flow{Plan: &plan.Plan{}, Rested: true}}
	most := 1 + random.IntN(60)
	if random.IntN(10) == 0 {
		most = 600
	}
	outcomes := []journal.Outcome{journal.Returned, journal.Refused, journal.Fault, journal.Pending, journal.Undone}
	name := func() string { return "Concept.act" + fmt.Sprint(random.IntN(1_000_000_000)) }
	ask := func(id journal.ActionID, by *match) *step {
		x := &step{ID: id, Name: name(), By: by, Outcome: outcomes[random.IntN(len(outcomes))], Code: "CODE_" + fmt.Sprint(random.IntN(1e9))}
		if random.IntN(3) == 0 {
			x.Gave = []value.Field{{Name: "out" + fmt.Sprint(random.IntN(100))}}
		}
		s.Actions = append(s.Actions, x)
		return x
	}
	root := ask(journal.ActionID{}, nil)
	if random.IntN(2) == 0 {
		root.Spec = &plan.Action{Role: plan.Request}
		root.Given = []value.Field{{Name: "method", Value: value.String("POST")}, {Name: "path", Value: value.String(strings.Repeat("/path", random.IntN(20)))}}
	}
	for number := uint32(1); len(s.Actions) < most; number++ {
		cause := s.Actions[random.IntN(len(s.Actions))]
		e := &journal.Entry{Kind: journal.Fired, Number: number, Sync: "Sync" + fmt.Sprint(random.IntN(100_000)), Frames: make([]journal.Frame, random.IntN(4))}
		if random.IntN(5) == 0 {
			e.Kind = journal.Dropped
		}
		m := &match{Entry: e, Place: len(s.Matches), Last: cause, Spec: &plan.Sync{}, Actions: []*step{cause, s.Actions[random.IntN(len(s.Actions))]}}
		cause.Completed = append(cause.Completed, m)
		s.Matches = append(s.Matches, m)
		for line := range random.IntN(5) {
			if m.Fired() {
				m.Asked = append(m.Asked, ask(journal.ActionID{Firing: number, Line: uint32(line)}, m))
			}
		}
	}
	return s
}
