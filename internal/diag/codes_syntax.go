package diag

import "strings"

// The codes of reading a text. Each one's entry in the catalogue holds an
// example that has the fault, and a test of package syntax reads it.
const (
	// NotUTF8 is a byte that is no part of a UTF-8 text.
	NotUTF8 Code = "L0101"
	// ControlCharacter is a NUL or another character that no text holds.
	ControlCharacter Code = "L0102"
	// TooLarge is a text beyond 4 MiB.
	TooLarge Code = "L0103"
	// TooDeep is a block or bracket inside more than a hundred others.
	TooDeep Code = "L0104"
	// TabIndent is a tab where spaces make the blocks.
	TabIndent Code = "L0105"
	// UnevenIndent is a line that is indented otherwise than its neighbours.
	UnevenIndent Code = "L0106"
	// UnclosedString is a string without its second quotation mark.
	UnclosedString Code = "L0107"
	// UnclosedBracket is an opening bracket without its closing one.
	UnclosedBracket Code = "L0108"
	// UnopenedBracket is a closing bracket without its opening one.
	UnopenedBracket Code = "L0109"
	// BadEscape is a backslash before something that has no meaning there.
	BadEscape Code = "L0110"
	// Unexpected is a word or sign where another must stand.
	Unexpected Code = "L0111"
	// UnknownWord is a word at the beginning of a line that begins nothing.
	UnknownWord Code = "L0112"
	// Misplaced is a known word in a place that is not its own.
	Misplaced Code = "L0113"
	// Repeated is a part that may stand once and stands again.
	Repeated Code = "L0114"
	// MissingPart is a block without lines or an item without a part it needs.
	MissingPart Code = "L0115"
	// MissingColon is an output list without the colon before it.
	MissingColon Code = "L0116"
	// NameCase is a name that begins in the wrong case.
	NameCase Code = "L0117"
	// NeedlessIf is "if" before a condition.
	NeedlessIf Code = "L0118"
	// EqualsForIs is "=" where "is" or ":" is meant.
	EqualsForIs Code = "L0119"
	// StrayElse is an else that belongs to no line.
	StrayElse Code = "L0120"
	// NotAPattern is an expression where only a name, a literal or "_" stands.
	NotAPattern Code = "L0121"
	// MissingType is a parameter of an action or query without its type.
	MissingType Code = "L0122"
	// MissingWith is a declaration with fields but without "with".
	MissingWith Code = "L0123"
	// BadNumber is a number that cannot be read, or not in its place.
	BadNumber Code = "L0124"
)

// syntaxEntries is the part of the catalogue that belongs to reading.
func syntaxEntries() []Entry {
	return []Entry{
		{Code: NotUTF8, Name: "not-utf-8",
			Title:   "a byte that is no part of a UTF-8 text",
			Cause:   "The file was saved in another encoding, or is no text.",
			Example: "concept Caf\xe9\n",
			Repair:  "Save the file as UTF-8."},
		{Code: ControlCharacter, Name: "control-character",
			Title:   "a character that no text holds",
			Cause:   "A NUL or another control character came into the file, often by copying.",
			Example: "concept A\x00\n",
			Repair:  "Delete the character; an editor that shows invisible characters finds it."},
		{Code: TooLarge, Name: "too-large",
			Title:   "a file of more than 4 MiB",
			Cause:   "The file is larger than any text that is meant to be read by people.",
			Example: "",
			Repair:  "Take the file apart; every item may stand in a file of its own."},
		{Code: TooDeep, Name: "too-deep",
			Title:   "a bracket or block inside more than a hundred others",
			Cause:   "Brackets or blocks are nested beyond what can be meant, often by a generator.",
			Example: "sync A\nwhen\n    B.c ()\nwhere\n    " + strings.Repeat("(", 101) + "x" + strings.Repeat(")", 101) + "\nthen\n    D.e ()\n",
			Repair:  "Give an inner part a name in a line of its own, or in a view."},
		{Code: TabIndent, Name: "tab-indent",
			Title:   "a tab in the indentation",
			Cause:   "Tabs are shown as wide as each editor likes, so they cannot say how deep a line is.",
			Example: "concept A\n\npurpose\n\tshow a tab\n",
			Repair:  "Indent with four spaces; the formatter does."},
		{Code: UnevenIndent, Name: "uneven-indent",
			Title:   "a line indented otherwise than its neighbours",
			Cause:   "The lines of a block begin in one column. A line further to the right needs a line above it that takes lines of its own.",
			Example: "sync A\nwhen\n    B.c ()\n      B.d ()\nthen\n    E.f ()\n",
			Repair:  "Indent the line like its neighbours."},
		{Code: UnclosedString, Name: "unclosed-string",
			Title:   "a string that is not closed",
			Cause:   "A string ends on the line on which it begins.",
			Example: "app A\nexpose B.c \"for the importer\n",
			Repair:  "Write the closing quotation mark; a line break within a string is \\n."},
		{Code: UnclosedBracket, Name: "unclosed-bracket",
			Title:   "a bracket that is not closed",
			Cause:   "Inside brackets a line may be continued on the next ones, so a missing bracket would swallow what follows.",
			Example: "sync A\nwhen\n    B.c (d\nthen\n    E.f ()\n",
			Repair:  "Write the closing bracket."},
		{Code: UnopenedBracket, Name: "unopened-bracket",
			Title:   "a closing bracket that closes nothing",
			Cause:   "There is one bracket too many, or one of another kind than the one that is open.",
			Example: "sync A\nwhen\n    B.c (d))\nthen\n    E.f ()\n",
			Repair:  "Remove the bracket, or write the one that fits."},
		{Code: BadEscape, Name: "bad-escape",
			Title:   "a backslash before something that has no meaning there",
			Cause:   "In a string a backslash begins one of \\\" \\' \\\\ \\/ \\n \\t \\r \\b \\f and \\u0000.",
			Example: "app A\nexpose B.c \"100\\% sure\"\n",
			Repair:  "Write the backslash twice, or leave it out."},
		{Code: Unexpected, Name: "unexpected",
			Title:   "a word or sign where another must stand",
			Cause:   "The line does not have the form that its beginning asks for.",
			Example: "sync A\nwhen\n    B (c)\nthen\n    D.e ()\n",
			Repair:  "Write what the message says is expected."},
		{Code: UnknownWord, Name: "unknown-word",
			Title:   "a word that begins nothing here",
			Cause:   "A line begins with a word of the language, a name, or an expression; often the word is misspelt.",
			Example: "sync A\nwhne\n    B.c ()\nthen\n    D.e ()\n",
			Repair:  "Write the word that the message offers, or one of those it lists."},
		{Code: Misplaced, Name: "misplaced",
			Title:   "a known word in a place that is not its own",
			Cause:   "The parts of an item have an order, and each belongs to one kind of item.",
			Example: "concept A\n\nqueries\n    _all () : (a: A)\n\npurpose\n    come too late\n",
			Repair:  "Move the part to where the message says it belongs."},
		{Code: Repeated, Name: "repeated",
			Title:   "a part that may stand once and stands again",
			Cause:   "Two parts of the same kind would have to be read as one.",
			Example: "concept A\n\npurpose\n    one\n\npurpose\n    two\n",
			Repair:  "Put both into one, or remove one of them."},
		{Code: MissingPart, Name: "missing-part",
			Title:   "something that must be there is missing",
			Cause:   "A block without lines, or an item without a part it cannot do without.",
			Example: "sync A\nwhen\n    B.c ()\n",
			Repair:  "Write the part, or remove what needs it."},
		{Code: MissingColon, Name: "missing-colon",
			Title:   "a colon is missing",
			Cause:   "Between what goes in and what comes out stands a colon, and one behind the concept of a line with in.",
			Example: "sync A\nwhen\n    B.c (d) (e)\nthen\n    F.g ()\n",
			Repair:  "Write the colon."},
		{Code: NameCase, Name: "name-case",
			Title:   "a name begins in the wrong case",
			Cause:   "Concepts, types, syncs, views and codes begin upper-case, actions, fields and variables lower-case, queries with “_”.",
			Example: "sync logIn\nwhen\n    B.c ()\nthen\n    D.e ()\n",
			Repair:  "Change the name, here and where it is used."},
		{Code: NeedlessIf, Name: "needless-if",
			Title:   "if before a condition",
			Cause:   "A line of where that is an expression is a condition already.",
			Example: "sync A\nwhen\n    B.c (n)\nwhere\n    if n > 3\nthen\n    D.e ()\n",
			Repair:  "Leave out the word."},
		{Code: EqualsForIs, Name: "equals-for-is",
			Title:   "= where is or : is meant",
			Cause:   "Nothing is assigned: “x is …” binds or compares, and “name: value” gives an argument.",
			Example: "sync A\nwhen\n    B.c (n)\nwhere\n    m = n + 1\nthen\n    D.e (m)\n",
			Repair:  "Write is in a line of where, and : in an argument."},
		{Code: StrayElse, Name: "stray-else",
			Title:   "an else that belongs to no line",
			Cause:   "An else stands below the line for whose dropped frames it is, indented by one level.",
			Example: "sync A\nwhen\n    B.c (n)\nwhere\n    n > 3\n    else D.e ()\nthen\n    D.f ()\n",
			Repair:  "Indent the else by one level."},
		{Code: NotAPattern, Name: "not-a-pattern",
			Title:   "an expression where a pattern stands",
			Cause:   "In when, and in what comes out, a value is compared or bound; nothing is computed.",
			Example: "sync A\nwhen\n    B.c (n: 1 + 2)\nthen\n    D.e ()\n",
			Repair:  "Bind a name, and compute in a line of where."},
		{Code: MissingType, Name: "missing-type",
			Title:   "a parameter without its type",
			Cause:   "The promise of an action or query says of each parameter what it is.",
			Example: "concept A\n\nactions\n    create (user) : ()\n",
			Repair:  "Write the type, as in “user: User”."},
		{Code: MissingWith, Name: "missing-with",
			Title:   "fields without with",
			Cause:   "A declaration of the state that has fields ends in with.",
			Example: "concept A\n\nstate\n    a set of Users\n        a name String\n",
			Repair:  "Write with at the end of the declaration."},
		{Code: BadNumber, Name: "bad-number",
			Title:   "a number that cannot be read, or not in its place",
			Cause:   "The number is malformed, too large to hold, or beyond what its place allows.",
			Example: "scenario a\n    GET /a\n        => 99\n",
			Repair:  "Write a number that fits."},
	}
}
