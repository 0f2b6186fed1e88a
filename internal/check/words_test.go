package check

import "testing"

func TestSingularAndPlural(t *testing.T) {
	for _, c := range []struct{ many, one string }{
		{"Users", "User"}, {"Libraries", "Library"}, {"Statuses", "Status"}, {"Boxes", "Box"},
		{"FocusSessions", "FocusSession"}, {"Addresses", "Address"}, {"Matches", "Match"}, {"Caches", "Cache"},
		{"Houses", "House"}, {"Causes", "Cause"}, {"Buses", "Bus"}, {"Courses", "Course"}, {"Databases", "Database"},
		{"Movies", "Movie"}, {"Analyses", "Analysis"}, {"People", "Person"}, {"Leaves", "Leaf"}, {"Days", "Day"},
		{"Keys", "Key"}, {"Archives", "Archive"}, {"Aliases", "Alias"}, {"Canvases", "Canvas"}, {"Schemas", "Schema"},
		{"Quizzes", "Quiz"}, {"Sizes", "Size"}, {"Dishes", "Dish"}, {"Heroes", "Hero"}, {"Photos", "Photo"},
		{"Indices", "Index"}, {"Wikis", "Wiki"}, {"Menus", "Menu"}, {"ToDos", "ToDo"}, {"Purchases", "Purchase"},
		{"Crises", "Crisis"}, {"Beaches", "Beach"}, {"Niches", "Niche"}, {"Shoes", "Shoe"}, {"Taxes", "Tax"},
		{"Children", "Child"}, {"BookShelves", "BookShelf"}, {"Lives", "Life"}, {"Toes", "Toe"}, {"Uses", "Use"},
		{"Axes", "Ax"}, {"Replies", "Reply"}, {"Searches", "Search"}, {"Headaches", "Headache"}, {"Excuses", "Excuse"},
	} {
		if !sameType(c.many, c.one) || !sameType(c.one, c.many) {
			t.Errorf("%s and %s should be one type; the singulars of %s are %v", c.many, c.one, c.many, singulars(c.many))
		}
	}
	for _, word := range []string{"Status", "Address", "Analysis", "Bus", "Series", "Species", "News", "Alias", "Canvas", "Person", "S", "Is"} {
		if got := singulars(word); len(got) > 0 {
			t.Errorf("%s should be no plural, but is one of %v", word, got)
		}
	}
	for _, c := range []struct{ a, b string }{{"User", "Users1"}, {"Book", "Books2"}, {"Status", "Stat"}, {"Bus", "Bu"}, {"Library", "Librarys2"}, {"Note", "Notice"}} {
		if sameType(c.a, c.b) {
			t.Errorf("%s and %s should be two types", c.a, c.b)
		}
	}
	for _, c := range []struct{ one, many string }{
		{"Tag", "Tags"}, {"Library", "Libraries"}, {"Status", "Statuses"}, {"Box", "Boxes"}, {"Person", "People"},
		{"Analysis", "Analyses"}, {"Day", "Days"}, {"Match", "Matches"}, {"Series", "Series"}, {"BookShelf", "BookShelves"},
	} {
		if got := plural(c.one); got != c.many {
			t.Errorf("the plural of %s should be %s, not %s", c.one, c.many, got)
		}
	}
}
