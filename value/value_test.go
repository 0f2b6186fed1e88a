package value

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// draw makes any value, nested at most depth deep.
func draw(t *rapid.T, depth int) Value {
	kinds := 8
	if depth == 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return Null
	case 1:
		return Flag(rapid.Bool().Draw(t, "flag"))
	case 2:
		return Number(rapid.Float64().Draw(t, "number"))
	case 3:
		return Number(float64(rapid.IntRange(-3, 3).Draw(t, "small")))
	case 4:
		return Time(time.UnixMilli(rapid.Int64Range(-1e12, 1e13).Draw(t, "moment")))
	case 5:
		return String(rapid.String().Draw(t, "text"))
	case 6:
		return List(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Value { return draw(t, depth-1) }), 0, 4).Draw(t, "items"))
	}
	var fields []Field
	for _, n := range rapid.SliceOfNDistinct(rapid.StringMatching("[a-c]{1,2}"), 0, 4, rapid.ID[string]).Draw(t, "names") {
		fields = append(fields, Field{n, draw(t, depth-1)})
	}
	return Record(fields)
}

func TestOrderAndEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := draw(t, 2), draw(t, 2), draw(t, 2)
		if Compare(a, a) != 0 || !Equal(a, a) {
			t.Fatalf("%v is not equal to itself", a)
		}
		if Compare(a, b) != -Compare(b, a) {
			t.Fatalf("the order of %v and %v depends on who asks", a, b)
		}
		if Compare(a, b) <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
			t.Fatalf("the order of %v, %v, %v goes round", a, b, c)
		}
		if same := bytes.Equal(AppendKey(nil, a), AppendKey(nil, b)); same != Equal(a, b) {
			t.Fatalf("%v and %v: equal keys %v, equal %v", a, b, same, Equal(a, b))
		}
		back, rest, err := Decode(append(Append(nil, a), 7))
		if err != nil || !Equal(a, back) || len(rest) != 1 {
			t.Fatalf("%v reads back as %v, rest %v, %v", a, back, rest, err)
		}
		if !bytes.Equal(Append(nil, back), Append(nil, a)) {
			t.Fatalf("%v is written differently after it was read", a)
		}
		viaGo, err := FromAny(a.Any())
		if err != nil || !Equal(a, viaGo) {
			t.Fatalf("%v comes back from Go as %v, %v", a, viaGo, err)
		}
	})
}

// TestJSON holds the reading and writing of JSON against the standard library.
func TestJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := draw(t, 3)
		text := AppendJSON(nil, v)
		var std any
		if err := json.Unmarshal(text, &std); err != nil {
			t.Fatalf("%s is no JSON: %v", text, err)
		}
		back, err := ParseJSON(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		want, _ := json.Marshal(std)
		var again any
		if err := json.Unmarshal(AppendJSON(nil, back), &again); err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(again); !bytes.Equal(got, want) {
			t.Fatalf("%s reads back as %s", want, got)
		}
	})
}

// What is wrong with a body is shown to operators, and the text behind a wrong
// escape may be a password.
func TestParseJSONErrorsQuoteNoText(t *testing.T) {
	for _, text := range []string{`"\ud800geheim"`, `"\ud800\ugeheim"`, `"\ugeheim"`, `"\u12geheim"`, `"\qgeheim"`, `"\udc00geheim"`,
		`4711e999`, `-` + strings.Repeat("4711", 100)} {
		v, err := ParseJSON([]byte(`{"password": ` + text + `}`))
		if err == nil {
			t.Errorf("%s gives %v, want an error", text, v)
		} else if strings.Contains(err.Error(), "geh") || strings.Contains(err.Error(), "4711") || !strings.Contains(err.Error(), "line 1, column") {
			t.Errorf("%s: %q must say where, and nothing of what was sent", text, err)
		}
	}
}

func TestParseJSONErrors(t *testing.T) {
	deep := strings.Repeat("[", 300) + strings.Repeat("]", 300)
	for text, want := range map[string]string{
		`{"a": 1,`:          "line 1, column",
		"{\n\"a\": tru}":    "line 2, column",
		`{"a":1} x`:         "text after the end",
		`{"a":1,"a":2}`:     "the name \"a\" is repeated",
		"\"\xff\"":          "UTF-8",
		`1e999`:             "too large",
		deep:                "nested deeper",
		``:                  "ends too early",
		`{'a': 1}`:          "line 1, column 2",
		"{\"a\": \"\x00\"}": "line 1",
	} {
		v, err := ParseJSON([]byte(text))
		if err == nil {
			t.Errorf("%.20q gives %v, want an error with %q", text, v, want)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q in it", text, err, want)
		}
	}
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5,true,null,"x"]}`))
	f.Add([]byte(`{"a":"x\/y\u002bz\n\ud83d\ude00é","b":["\\",{"c":"\""}],"d":""}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, err := ParseJSON(text)
		if lent, err2 := ParseLentJSON(bytes.Clone(text), func(string) bool { return true }); (err == nil) != (err2 == nil) || err == nil && !Equal(v, lent) {
			t.Fatalf("%q is %v, %v, and with lent texts %v, %v", text, v, err, lent, err2)
		}
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%q was taken for JSON", text)
		}
		if again, err := ParseJSON(AppendJSON(nil, v)); err != nil || !Equal(v, again) {
			t.Fatalf("%q reads as %v, then as %v, %v", text, v, again, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(Append(nil, Record([]Field{{"a", List([]Value{Number(1), String("x")})}})))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, rest, err := Decode(b)
		if err != nil {
			return
		}
		if again, _, err := Decode(Append(nil, v)); err != nil || !Equal(v, again) {
			t.Fatalf("%v reads back as %v, %v", v, again, err)
		}
		if len(rest) >= len(b) {
			t.Fatal("a value took no bytes")
		}
	})
}

func TestSecret(t *testing.T) {
	s := Secret(String("hunter2"))
	nested := Record([]Field{{"password", s}, {"list", List([]Value{s})}})
	for _, shown := range []string{s.String(), nested.String(), fmt.Sprint(nested), fmt.Sprintf("%v", s), string(AppendJSON(nil, nested)), string(Append(nil, nested))} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("a secret is shown: %s", shown)
		}
	}
	if got := string(AppendRevealedJSON(nil, nested)); got != `{"password":"hunter2","list":["hunter2"]}` {
		t.Errorf("the answer that it was made for is %s", got)
	}
	if !Equal(s, String("hunter2")) || Equal(s, String("x")) || !nested.HoldsSecret() || String("x").HoldsSecret() {
		t.Error("a secret must compare like what it hides")
	}
	back, _, err := Decode(Append(nil, s))
	if err != nil || !Gone(back) || Gone(s) {
		t.Errorf("a secret that was written reads back as %v, gone %v, %v", back, Gone(back), err)
	}
}

// TestPartsOfASecret: whatever is taken out of a secret value is secret.
func TestPartsOfASecret(t *testing.T) {
	moment := time.UnixMilli(1).UTC()
	s := Secret(Record([]Field{{"list", List([]Value{String("hunter2"), Null})}, {"n", Number(4)}, {"flag", Flag(true)}, {"at", Time(moment)}}))
	if x := s.Get("list").Items()[0]; !x.IsSecret() || x.String() == `"hunter2"` {
		t.Errorf("an item of a secret is %v", x)
	}
	if x := s.Get("list").Items()[1]; !x.IsNull() {
		t.Errorf("nothing in a secret is %v", x)
	}
	n, isNumber := s.Get("n").Num()
	flag, isFlag := s.Get("flag").Bool()
	at, isMoment := s.Get("at").Moment()
	if n != 4 || !isNumber || !flag || !isFlag || !at.Equal(moment) || !isMoment || !s.Get("n").IsSecret() {
		t.Errorf("what a secret hides reads as %v, %v and %v", n, flag, at)
	}
	plain := List([]Value{s, Secret(String("x"))}).RevealAll()
	if plain.HoldsSecret() || plain.Items()[0].Get("list").Items()[0].String() != `"hunter2"` {
		t.Errorf("without its marks it is %v", plain)
	}
	if !s.HoldsSecret() {
		t.Error("the marks of a value that was revealed are gone")
	}
	gone, _, err := Decode(Append(nil, List([]Value{s})))
	if err != nil || !HoldsGone(gone) || HoldsGone(plain) || HoldsGone(s) {
		t.Errorf("what was lost is %v, %v", gone, err)
	}
}

func TestSpecialNumbers(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1)} {
		if !Number(f).IsNull() {
			t.Errorf("%v is no number and must be null", f)
		}
	}
	if !Equal(Number(0), Number(math.Copysign(0, -1))) || !bytes.Equal(AppendKey(nil, Number(0)), AppendKey(nil, Number(math.Copysign(0, -1)))) {
		t.Error("there is one zero")
	}
	for f, want := range map[float64]string{1: "1", -0.5: "-0.5", 1e21: "1e+21", 1 << 53: "9007199254740992", 123456: "123456"} {
		if got := string(AppendJSON(nil, Number(f))); got != want {
			t.Errorf("%v is written %s, want %s", f, got, want)
		}
	}
}

func TestRecordKeepsLast(t *testing.T) {
	r := Record([]Field{{"a", Number(1)}, {"b", Number(2)}, {"a", Number(3)}})
	if got := r.String(); got != `{"a":3,"b":2}` {
		t.Errorf("the last of two fields with the same name must count, got %s", got)
	}
}

func TestIDs(t *testing.T) {
	s := NewIDs()
	at := time.UnixMilli(1_700_000_000_123)
	var last string
	seen := map[ID]bool{}
	for i := range 50_000 {
		if i == 25_000 {
			at = at.Add(-time.Hour) // a clock that goes back
		}
		id := s.At(at)
		if seen[id] {
			t.Fatal("an id came twice")
		}
		seen[id] = true
		text := id.String()
		if text <= last {
			t.Fatalf("%s came after %s", text, last)
		}
		last = text
		back, err := ParseID(text)
		if err != nil || back != id {
			t.Fatalf("%s reads back as %s, %v", text, back, err)
		}
		if text[14] != '7' || !strings.ContainsRune("89ab", rune(text[19])) {
			t.Fatalf("%s does not have the layout of version 7", text)
		}
	}
	if got := s.At(at).Time(); !got.Equal(time.UnixMilli(1_700_000_000_123)) {
		t.Errorf("the id's moment is %s", got)
	}
	for _, bad := range []string{"", "x", "0192", strings.Repeat("g", 32), strings.Repeat("0", 33)} {
		if id, err := ParseID(bad); err == nil {
			t.Errorf("%q was read as %s", bad, id)
		}
	}
	a, b := SeededIDs([32]byte{1}), SeededIDs([32]byte{1})
	if !slices.Equal([]ID{a.At(at), a.At(at)}, []ID{b.At(at), b.At(at)}) {
		t.Error("the same seed must give the same ids")
	}
}
