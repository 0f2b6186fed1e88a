package check

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

func lowerFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

// irregular returns plurals that follow no rule.
func irregular() [][2]string {
	return [][2]string{
		{"People", "Person"}, {"Children", "Child"}, {"Men", "Man"}, {"Women", "Woman"},
		{"Feet", "Foot"}, {"Teeth", "Tooth"}, {"Geese", "Goose"}, {"Mice", "Mouse"},
		{"Indices", "Index"}, {"Matrices", "Matrix"}, {"Vertices", "Vertex"},
		{"Criteria", "Criterion"}, {"Phenomena", "Phenomenon"}, {"Media", "Medium"},
		{"Quizzes", "Quiz"},
		{"Movies", "Movie"}, {"Cookies", "Cookie"}, {"Ties", "Tie"}, {"Pies", "Pie"},
		{"Zombies", "Zombie"}, {"Calories", "Calorie"}, {"Selfies", "Selfie"}, {"Genies", "Genie"},
		{"Leaves", "Leaf"}, {"Shelves", "Shelf"}, {"Wolves", "Wolf"}, {"Halves", "Half"},
		{"Calves", "Calf"}, {"Loaves", "Loaf"}, {"Thieves", "Thief"}, {"Selves", "Self"},
		{"Lives", "Life"}, {"Knives", "Knife"}, {"Wives", "Wife"},
		{"Heroes", "Hero"}, {"Potatoes", "Potato"}, {"Tomatoes", "Tomato"}, {"Echoes", "Echo"}, {"Vetoes", "Veto"},
		{"Shoes", "Shoe"}, {"Toes", "Toe"},
		{"Schemas", "Schema"}, {"Areas", "Area"}, {"Ideas", "Idea"}, {"Agendas", "Agenda"},
		{"Personas", "Persona"}, {"Cameras", "Camera"}, {"Quotas", "Quota"}, {"Formulas", "Formula"},
		{"Menus", "Menu"}, {"Emus", "Emu"}, {"Gurus", "Guru"},
		{"Taxis", "Taxi"}, {"Wikis", "Wiki"}, {"Alibis", "Alibi"}, {"Emojis", "Emoji"}, {"Apis", "Api"},
	}
}

// singulars returns the words of which a word may be the plural, the likeliest
// first. Only the last part of a compound counts: FocusSessions is the plural of
// FocusSession.
func singulars(word string) []string {
	at := lastPart(word)
	stem, last := word[:at], word[at:]
	for _, pair := range irregular() {
		if last == pair[0] {
			return []string{stem + pair[1]}
		}
	}
	without := func(n int, tail string) string { return word[:len(word)-n] + tail }
	ends := func(tail string) bool { return len(last) > len(tail) && strings.HasSuffix(last, tail) }
	switch {
	case last == "Series", last == "Species", last == "News":
		return nil
	case ends("ss"), ends("us"), ends("is"), ends("as"), len(last) < 3:
		return nil
	case ends("ies"):
		return []string{without(3, "y"), without(1, "")}
	case ends("yses"), ends("eses"), ends("ises") && strings.HasSuffix(last, "Crises"):
		// Analyses, Theses
		return []string{without(2, "is"), without(1, "")}
	case ends("sses"), ends("uses") && !vowelBefore(last, len("uses")), ends("xes"), ends("shes"), ends("zzes"),
		ends("iases"), ends("ases") && strings.HasSuffix(last, "Gases"), ends("nvases"):
		return []string{without(2, ""), without(1, "")}
	case ends("ches"):
		if strings.HasSuffix(last, "aches") || strings.HasSuffix(last, "Niches") {
			return []string{without(1, ""), without(2, "")} // Cache
		}
		return []string{without(2, ""), without(1, "")}
	case ends("ses"), ends("zes"), ends("oes"):
		return []string{without(1, ""), without(2, "")}
	case ends("s"):
		return []string{without(1, "")}
	}
	return nil
}

// vowelBefore reports whether the n last letters follow a vowel: Houses and Causes
// are plurals of House and Cause, Statuses of Status.
func vowelBefore(word string, n int) bool {
	return len(word) > n && strings.ContainsRune("aeiouAEIOU", rune(word[len(word)-n-1]))
}

// lastPart is the index of the last part of a compound.
func lastPart(word string) int {
	at := 0
	for i, r := range word {
		if unicode.IsUpper(r) {
			at = i
		}
	}
	return at
}

// plural returns the plural of a word.
func plural(word string) string {
	at := lastPart(word)
	last := word[at:]
	title := strings.ToUpper(last[:min(1, len(last))]) + last[min(1, len(last)):]
	for _, pair := range irregular() {
		if title == pair[1] {
			return word[:at] + last[:1] + pair[0][1:]
		}
	}
	n := len(word)
	switch {
	case n == 0, last == "Series", last == "Species":
		return word
	case strings.HasSuffix(last, "sis"):
		return word[:n-2] + "es"
	case strings.HasSuffix(last, "y") && n > 1 && !strings.ContainsRune("aeiou", rune(word[n-2])):
		return word[:n-1] + "ies"
	case strings.HasSuffix(last, "s"), strings.HasSuffix(last, "x"), strings.HasSuffix(last, "z"),
		strings.HasSuffix(last, "ch"), strings.HasSuffix(last, "sh"):
		return word + "es"
	}
	return word + "s"
}

// sameType reports whether two words can be singular and plural of one type.
func sameType(a, b string) bool {
	return a == b || slices.Contains(singulars(a), b) || slices.Contains(singulars(b), a)
}

// isPlural reports whether one of two words is the plural of the other.
func isPlural(a, b string) bool { return plural(a) == b || plural(b) == a }
