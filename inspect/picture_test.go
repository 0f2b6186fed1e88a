package inspect

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/legible-lang/legible/journal"
	"github.com/legible-lang/legible/plan"
	"github.com/legible-lang/legible/value"
)

// TestPictures lays out random flows: nothing may stand upon anything else or
// outside of the picture, and everything hangs from something.
func TestPictures(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 7))
		s := randomStory(random)
		e := ending{class: refused, mark: "401", words: "refused", step: s.steps[len(s.steps)-1], last: s.steps[len(s.steps)-1]}
		at := selection{step: s.steps[random.IntN(len(s.steps))]}
		if len(s.matches) > 0 && seed%3 == 0 {
			at = selection{match: s.matches[random.IntN(len(s.matches))]}
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
		if p.Hidden == 0 && actions != len(s.steps) {
			t.Errorf("seed %d: of %d actions %d are drawn, and nothing is said of the others", seed, len(s.steps), actions)
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
	s := &story{plan: &plan.Plan{}, byID: map[journal.ActionID]*step{}, rested: true}
	most := 1 + random.IntN(60)
	if random.IntN(10) == 0 {
		most = 600
	}
	outcomes := []journal.Outcome{journal.Returned, journal.Refused, journal.Fault, journal.Pending, journal.Undone}
	name := func() string { return "Concept.act" + fmt.Sprint(random.IntN(1_000_000_000)) }
	ask := func(id journal.ActionID, by *match) *step {
		x := &step{id: id, name: name(), by: by, outcome: outcomes[random.IntN(len(outcomes))], code: "CODE_" + fmt.Sprint(random.IntN(1e9))}
		if random.IntN(3) == 0 {
			x.out = []value.Field{{Name: "out" + fmt.Sprint(random.IntN(100))}}
		}
		s.steps = append(s.steps, x)
		s.byID[id] = x
		return x
	}
	root := ask(journal.ActionID{}, nil)
	if random.IntN(2) == 0 {
		root.spec = &plan.Action{Role: plan.Request}
		root.in = []value.Field{{Name: "method", Value: value.String("POST")}, {Name: "path", Value: value.String(strings.Repeat("/path", random.IntN(20)))}}
	}
	for number := uint32(1); len(s.steps) < most; number++ {
		cause := s.steps[random.IntN(len(s.steps))]
		m := &match{n: len(s.matches), fired: random.IntN(5) > 0, number: number, name: "Sync" + fmt.Sprint(random.IntN(100_000)), cause: cause,
			sync: &plan.Sync{}, matched: []*step{cause, s.steps[random.IntN(len(s.steps))]}, frames: make([]journal.Frame, random.IntN(4))}
		cause.causes = append(cause.causes, m)
		s.matches = append(s.matches, m)
		for line := range random.IntN(5) {
			if m.fired {
				m.asked = append(m.asked, ask(journal.ActionID{Firing: number, Line: uint32(line)}, m))
			}
		}
	}
	return s
}
