package diag

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
func syntaxEntries() []Entry { return nil }
