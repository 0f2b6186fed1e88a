package diag

// An Entry is what the catalogue says of a code.
type Entry struct {
	Code Code
	// Name is the short name of the finding, as words joined by "-".
	Name string
	// Title is one line: what is wrong.
	Title string
	// Cause says how a text comes to have the fault.
	Cause string
	// Example is a text that has the fault.
	Example string
	// Repair is the way out.
	Repair string
}

// Catalogue is every code there is, in order.
func Catalogue() []Entry {
	var all []Entry
	all = append(all, syntaxEntries()...)
	all = append(all, checkEntries()...)
	all = append(all, genEntries()...)
	return all
}
