package syntax

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/legible-lang/legible/internal/diag"
	"github.com/legible-lang/legible/internal/source"
)

// A rule is a part of a production of grammar.txt.
type rule struct {
	op    string // "word", "name", "seq", "or", "many", "maybe"
	text  string // of a word or name
	rules []*rule
	used  bool // of an alternative: some sentence holds it
}

var grammarToken = regexp.MustCompile(`"[^"]*"|[A-Za-z]+|[{}\[\]()|=.]`)

// readGrammar reads grammar.txt, which must be free of unknown names.
func readGrammar(t *testing.T) map[string]*rule {
	t.Helper()
	text, err := os.ReadFile("grammar.txt")
	if err != nil {
		t.Fatal(err)
	}
	bare := regexp.MustCompile(`(?m)^#.*$`).ReplaceAllString(string(text), "")
	words := grammarToken.FindAllString(bare, -1)
	rules := map[string]*rule{}
	var production string
	take := func() string { w := words[0]; words = words[1:]; return w }
	var either func() *rule
	sequence := func() *rule {
		r := &rule{op: "seq"}
		for !slices.Contains([]string{"|", ")", "]", "}", "."}, words[0]) {
			switch w := take(); w {
			case "(":
				r.rules = append(r.rules, either())
				take()
			case "[":
				r.rules = append(r.rules, &rule{op: "maybe", rules: []*rule{either()}})
				take()
			case "{":
				r.rules = append(r.rules, &rule{op: "many", rules: []*rule{either()}})
				take()
			default:
				op := "name"
				if w[0] == '"' {
					op, w = "word", strings.Trim(w, `"`)
				}
				r.rules = append(r.rules, &rule{op: op, text: w})
			}
		}
		return r
	}
	either = func() *rule {
		r := &rule{op: "or", rules: []*rule{sequence()}}
		for words[0] == "|" {
			take()
			r.rules = append(r.rules, sequence())
		}
		return r
	}
	for len(words) > 0 {
		production = take()
		if w := take(); w != "=" {
			t.Fatalf("grammar.txt: expected = after %s, found %s", production, w)
		}
		rules[production] = either()
		take() // .
	}
	var check func(r *rule)
	check = func(r *rule) {
		if r.op == "name" && rules[r.text] == nil && terminals[r.text] == nil && !slices.Contains([]string{"NL", "IN", "OUT"}, r.text) {
			t.Fatalf("grammar.txt: %s is not declared", r.text)
		}
		for _, inner := range r.rules {
			check(inner)
		}
	}
	for _, r := range rules {
		check(r)
	}
	return rules
}

// terminals are examples of what the names of the notation stand for.
var terminals = map[string][]string{
	"UPPER":  {"User", "Library", "GONE", "Set"},
	"lower":  {"user", "name", "set", "count", "order", "when", "first", "grüße"},
	"QUERY":  {"_get", "_all"},
	"WORD":   {"user", "_id", "Name", "in", "no"},
	"STRING": {`"a"`, `"a # \"b\" {"`, `'it'`},
	"NUMBER": {"200", "100", "404"},
	"PROSE":  {"keep it short", `say "a # b" and (go`, "it's: so"},
	"METHOD": {"GET", "POST"},
	"PATH":   {"/", "/a/{slug}?b=c", "/Library/_get"},
	"EXPR":   {"a + 1", "len(xs) > 3", "not (a in [1, 2])", `user.name == "x"`, "merge(a, {b: [1, 2], c: d ? 1 : 2})", "(a)", "3", "{name, note: t}", "{...found, (field): [error]}"},
}

// derive writes a random sentence.
func derive(r *rand.Rand, rules map[string]*rule, at *rule, depth int, b *[]string) {
	switch at.op {
	case "word":
		*b = append(*b, at.text)
	case "name":
		if examples := terminals[at.text]; examples != nil {
			*b = append(*b, examples[r.IntN(len(examples))])
		} else if inner := rules[at.text]; inner != nil {
			derive(r, rules, inner, depth+1, b)
		} else {
			*b = append(*b, "\x00"+at.text)
		}
	case "seq":
		at.used = true
		for _, inner := range at.rules {
			derive(r, rules, inner, depth, b)
		}
	case "or":
		i := r.IntN(len(at.rules))
		derive(r, rules, at.rules[i], depth, b)
	case "maybe", "many":
		n := r.IntN(2)
		if at.op == "many" {
			n = r.IntN(3)
		}
		if depth > 12 {
			n = 0
		}
		for range n {
			derive(r, rules, at.rules[0], depth+1, b)
		}
	}
}

// layOut makes a text of a sentence.
func layOut(words []string) string {
	var b strings.Builder
	indent, fresh := 0, true
	for _, w := range words {
		switch w {
		case "\x00NL":
			b.WriteByte('\n')
			fresh = true
			continue
		case "\x00IN":
			indent++
			continue
		case "\x00OUT":
			indent--
			continue
		}
		if fresh {
			b.WriteString(strings.Repeat("   ", indent))
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(w)
		fresh = false
	}
	return b.String()
}

// What grammar.txt derives, the parser reads without a finding, and the
// formatter keeps.
func TestGrammarToParser(t *testing.T) {
	rules := readGrammar(t)
	r := rand.New(rand.NewPCG(3, 5))
	rounds, skipped := 3000, 0
	if testing.Short() {
		rounds = 2000
	}
	for range rounds {
		var words []string
		derive(r, rules, rules["file"], 0, &words)
		text := layOut(words)
		_, ds := Parse(source.NewFile("derived", text))
		if len(ds) > 0 && !slices.ContainsFunc(ds, func(d diag.Diagnostic) bool { return d.Code != diag.Repeated }) {
			skipped++ // what may stand once is not said in the notation
			continue
		}
		for _, d := range ds {
			t.Fatalf("%s: %s %s\nin what the grammar derives:\n%s", d.Span, d.Code, d.Message, text)
		}
		checkFormat(t, "derived", text)
	}
	if skipped > rounds/3 {
		t.Errorf("%d of %d sentences repeat what may stand once", skipped, rounds)
	}
	for _, name := range unused(rules) {
		t.Errorf("no sentence holds %s", name)
	}
}

func unused(rules map[string]*rule) []string {
	var names []string
	var walk func(production string, r *rule)
	walk = func(production string, r *rule) {
		if r.op == "seq" && !r.used {
			names = append(names, fmt.Sprintf("an alternative of %s", production))
		}
		for _, inner := range r.rules {
			walk(production, inner)
		}
	}
	for name, r := range rules {
		walk(name, r)
	}
	return names
}

// A terminal is what the parser took as one: its text, and the name of the
// notation when it is not a plain token.
type terminal struct{ text, name string }

// terminalsOf returns what the parser took a text for.
func terminalsOf(p *parser) []terminal {
	var all []terminal
	level := 0
	to := func(n int) {
		for ; level < n; level++ {
			all = append(all, terminal{name: "IN"})
		}
		for ; level > n; level-- {
			all = append(all, terminal{name: "OUT"})
		}
	}
	for i := range p.layout {
		laid := &p.layout[i]
		to(laid.level)
		l := p.lines[laid.first]
		word := p.wordAt(l.text)
		switch laid.form {
		case titleLine, proseLine:
			if laid.form == titleLine {
				all = append(all, terminal{text: word})
			}
			g := &formatter{p: p}
			g.prose(laid, l)
			if text := strings.TrimSpace(g.out.String()); laid.form == proseLine || text != word && !strings.HasPrefix(text, word+commentGap+"#") {
				all = append(all, terminal{name: "PROSE"})
			}
		case requestLine:
			all = append(all, terminal{name: "METHOD"}, terminal{name: "PATH"})
		}
		for i, t := range laid.tokens {
			if k := slices.IndexFunc(laid.exprs, func(e *Expr) bool { return t.start >= e.Span.Start && t.end <= e.Span.End }); k >= 0 {
				if t.start == laid.exprs[k].Span.Start {
					all = append(all, terminal{name: "EXPR"})
				}
				continue
			}
			if p.textOf(t) == "," && i+1 < len(laid.tokens) && strings.Contains(")]}", p.textOf(laid.tokens[i+1])) {
				continue
			}
			tt := terminal{text: p.textOf(t)}
			switch t.kind {
			case stringToken:
				tt.name = "STRING"
			case numberToken:
				tt.name = "NUMBER"
			}
			all = append(all, tt)
		}
		all = append(all, terminal{name: "NL"})
	}
	to(0)
	return all
}

// A recognizer tells whether a grammar derives a row of terminals.
type recognizer struct {
	rules map[string]*rule
	input []terminal
	memo  map[recognized][]int
	far   int
}

type recognized struct {
	r  *rule
	at int
}

// ends returns the places at which a rule that begins at a place may end.
func (g *recognizer) ends(r *rule, at int) []int {
	key := recognized{r, at}
	if ends, ok := g.memo[key]; ok {
		return ends
	}
	var ends []int
	add := func(more []int) {
		for _, e := range more {
			if !slices.Contains(ends, e) {
				ends = append(ends, e)
			}
		}
	}
	switch r.op {
	case "word":
		if at < len(g.input) && g.input[at].name == "" && g.input[at].text == r.text {
			ends = []int{at + 1}
		}
	case "name":
		if inner := g.rules[r.text]; inner != nil {
			ends = g.ends(inner, at)
		} else if at < len(g.input) && isTerminal(g.input[at], r.text) {
			ends = []int{at + 1}
		}
	case "or":
		for _, inner := range r.rules {
			add(g.ends(inner, at))
		}
	case "seq":
		ends = []int{at}
		for _, inner := range r.rules {
			starts := ends
			ends = nil
			for _, s := range starts {
				add(g.ends(inner, s))
			}
		}
	case "maybe":
		ends = []int{at}
		add(g.ends(r.rules[0], at))
	case "many":
		ends = []int{at}
		for i := 0; i < len(ends); i++ {
			add(g.ends(r.rules[0], ends[i]))
		}
	}
	for _, e := range ends {
		g.far = max(g.far, e)
	}
	g.memo[key] = ends
	return ends
}

func isTerminal(t terminal, name string) bool {
	if t.name != "" {
		return t.name == name
	}
	word := t.text != "_" && wordRune([]rune(t.text)[0], true)
	switch name {
	case "UPPER":
		return word && isUpper(t.text)
	case "lower":
		return word && isLower(t.text)
	case "QUERY":
		return word && isQuery(t.text)
	case "WORD":
		return word
	}
	return false
}

// What the parser reads without a finding, grammar.txt derives.
func TestParserToGrammar(t *testing.T) {
	rules := readGrammar(t)
	var texts []string
	for _, pattern := range []string{"testdata/contract/*", "testdata/format/*", "testdata/errors/*"} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
	}
	rounds := 20000
	if testing.Short() {
		rounds = 1500
	}
	r := rand.New(rand.NewPCG(1, 2))
	checked := 0
	for i := range len(texts) + rounds {
		var text string
		if i < len(texts) {
			text = texts[i]
		} else {
			text = mutate(r, texts)
		}
		p := parse(source.NewFile("text", text))
		if len(p.diags) > 0 {
			continue
		}
		checked++
		g := &recognizer{rules: rules, input: terminalsOf(p), memo: map[recognized][]int{}}
		if ends := g.ends(rules["file"], 0); !slices.Contains(ends, len(g.input)) {
			t.Fatalf("the grammar does not derive this text; it comes as far as %v\n%s\n%v",
				g.input[max(0, g.far-6):min(g.far+3, len(g.input))], text, p.diags)
		}
	}
	if checked < rounds/20 {
		t.Errorf("only %d texts of %d were free of errors", checked, rounds)
	}
}
