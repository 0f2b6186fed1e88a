package diag

// The codes of writing Go from a specification.
const (
	// GoNameClash is two things that Go would give one name.
	GoNameClash Code = "L0601"
	// CrowdedFolder is a folder with two concepts, which would be one Go package.
	CrowdedFolder Code = "L0602"
	// OpenGo is an action with open inputs, which Go cannot name.
	OpenGo Code = "L0603"
)

// genEntries is the part of the catalogue that belongs to writing Go.
func genEntries() []Entry {
	return []Entry{
		{Code: GoNameClash, Name: "go-name-clash",
			Title:   "two things with one name in Go",
			Cause:   "Go's names are made of the specification's, so that a name beginning with another case, or a set called States, meets one that is there already.",
			Example: "concept A\n\npurpose\n    show a clash\n\nactions\n    getUser () : ()\n\nqueries\n    _getUser () : optional (name: String)\n",
			Repair:  "Give one of them another name."},
		{Code: CrowdedFolder, Name: "crowded-folder",
			Title:   "two concepts in one folder",
			Cause:   "The Go of a concept is a package, and a folder is one package.",
			Example: "concept A\n\npurpose\n    be one\n\nconcept B\n\npurpose\n    be another\n",
			Repair:  "Move one of them to a folder of its own."},
		{Code: OpenGo, Name: "open-inputs-in-go",
			Title:   "an action with open inputs and Go of its own",
			Cause:   "“...” takes inputs that the specification does not name, so no Go type can hold them. Only Requesting, which the engine itself keeps, has such actions.",
			Example: "concept A\n\npurpose\n    take anything\n\nactions\n    take (...) : ()\n",
			Repair:  "Name the inputs, or take one of the type Json."},
	}
}
