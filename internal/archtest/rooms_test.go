package archtest

// A room is a package of the house and what it may use of the others.
type room struct {
	folder string
	// uses are the rooms that its code may import; tests may import any.
	// "concepts/*" stands for every folder in concepts.
	uses []string
	// why is said when the arrow is broken.
	why string
}

// The order is the direction: what is above may not use what is below.
var rooms = []room{
	{"internal/source", nil, "texts and places are what everything else is told of"},
	{"value", nil, "values are what everything else holds"},
	{"internal/diag", []string{"internal/source"}, "a finding is words and places, whoever found it"},
	{"internal/expression", []string{"value", "internal/diag"}, "the outside library of expressions is wrapped once"},
	{"internal/syntax", []string{"internal/source", "internal/diag"}, "text must be readable without running anything"},
	{"internal/check", []string{"internal/syntax", "internal/expression", "internal/diag", "internal/source", "value"}, "a program is checked without running anything"},
	{"internal/check/flows", []string{"internal/check", "internal/syntax", "internal/expression", "internal/diag", "internal/source", "value"}, "what flows can do follows from the text alone"},
	{"internal/plan", []string{"internal/check/flows", "internal/check", "internal/syntax", "internal/expression", "internal/diag", "internal/source", "value"}, "a plan depends on the text alone"},
	{"internal/openapi", []string{"internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/expression", "internal/source", "value"}, "what callers are promised depends on the text alone"},
	{"internal/openapi/openapitest", []string{"internal/openapi", "internal/plan", "internal/check/flows", "value"}, "a server is held against its document from outside"},
	{"internal/client", []string{"internal/openapi", "internal/check", "value"}, "a client is written from what callers are promised"},
	{"internal/graph", []string{"internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/source", "value"}, "a picture of a program depends on its plan alone"},

	{"internal/journal", []string{"value"}, "what happened can be read without what made it happen"},
	{"store", []string{"value"}, "a store keeps bytes and rows, and knows of no flow"},
	{"internal/store/memory", []string{"store", "value"}, "a store knows its interface alone"},
	{"internal/store/group", []string{"store", "value"}, "it orders commits, and knows of no database"},
	{"internal/store/tables", []string{"store", "value"}, "it says how tables change, and knows of no database"},
	{"internal/store/sqlite", []string{"store", "internal/store/group", "internal/store/tables", "value"}, "a store knows its interface, and what all databases share"},
	{"internal/store/postgres", []string{"store", "internal/store/group", "internal/store/tables", "value"}, "a store knows its interface, and what all databases share"},
	{"internal/store/postgres/pgtest", nil, "a server for tests knows of no store"},
	{"internal/store/faulty", []string{"store", "value"}, "it stands before any store, and knows the interface alone"},
	{"store/storetest", []string{"store", "value"}, "the suite knows the interface alone, so that it fits every store"},
	{"internal/engine", []string{"internal/plan", "internal/check", "internal/syntax", "internal/expression", "internal/journal", "store", "internal/source", "value"}, "the engine runs plans, and knows of no HTTP"},
	{"internal/history", []string{"internal/plan", "internal/check", "internal/journal", "value"}, "what happened is read from the record, next to the plan"},
	{"internal/explain", []string{"internal/history", "internal/plan", "internal/check", "internal/syntax", "internal/journal", "internal/diag", "internal/source", "value"}, "why and why not are read from plan and journal; nothing is run again"},

	{"internal/host", []string{"internal/engine", "internal/history", "internal/explain", "internal/plan", "internal/check", "internal/journal", "store", "internal/diag", "value"}, "the front asks the engine, and holds no rule of a program"},
	{"internal/inspect/api", []string{"internal/history", "internal/explain", "value"}, "the interface of the inspector is declared once, for both its sides"},
	{"internal/inspect", []string{"internal/inspect/api", "internal/engine", "internal/history", "internal/explain", "internal/plan", "internal/check", "internal/syntax", "internal/journal", "store", "internal/source", "value"}, "the pages read plan, store and journal, and change nothing"},
	{"internal/telemetry", []string{"internal/engine", "internal/journal", "value"}, "figures and spans are made of what the engine tells, and of nothing else"},
	{"concepts", nil, "specifications can be read without building the Go of any concept"},
	{"internal/workspace", []string{"concepts", "internal/check/flows", "internal/check", "internal/syntax", "internal/diag", "internal/source"}, "one rule says which files are a program"},
	{"internal/private", nil, "it keeps methods of the public package to this module"},
	{".", []string{"internal/private", "internal/history", "internal/inspect/api", "internal/workspace", "internal/inspect", "internal/telemetry", "internal/openapi", "internal/host", "internal/engine", "internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/diag", "internal/source", "store", "internal/store/memory", "internal/store/sqlite", "internal/store/postgres", "value"}, "the public package puts the parts together"},
	{"gen", []string{"internal/check", "internal/syntax", "internal/diag", "internal/source"}, "Go is written from a checked specification"},
	{"gen/slot", []string{".", "value"}, "generated code reads values through it, and through the public package"},
	{"gen/internal/forms", []string{".", "gen/slot", "store", "value"}, "it is an example of what gen writes, and uses what a concept uses"},
	{"internal/event", nil, "what a run of scenarios says is words, for whoever prints them"},
	{"scenario", []string{".", "internal/private", "internal/workspace", "internal/event", "internal/engine", "internal/history", "internal/explain", "internal/plan", "internal/check", "internal/syntax", "internal/expression", "internal/journal", "internal/diag", "internal/source", "value"}, "scenarios are tests of a program, asked as a client asks"},
	{"concepts/turns", nil, "a queue knows nothing of the work"},
	{"concepts/library/epub", nil, "a book is read without knowing of any concept"},
	{"concepts/library/epub/epubtest", nil, "books are made for tests from nothing"},
	{"concepts/mailing/smtptest", nil, "a mail server is made for tests from nothing"},
	{"concepts/*", []string{".", "gen/slot", "store", "value", "concepts/library/epub", "concepts/turns"}, "concepts never mention each other, and no engine"},
	{"internal/cli", []string{"internal/workspace", "internal/inspect/api", "concepts", "gen", "internal/graph", "internal/client", "internal/openapi", "scenario", "internal/event", "internal/history", "internal/explain", "internal/engine", "internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/journal", "store", "internal/store/sqlite", "internal/store/postgres", "internal/diag", "internal/source", "value", "."}, "commands read files and call the packages that know"},
	{"cmd/legible", []string{"internal/cli"}, "the command is package cli"},
	{"apps/*", []string{".", "concepts/*", "store", "value", "gen/slot", "scenario"}, "an app is a program as anybody writes one: it uses what is public"},
	{"bench", []string{".", "internal/private", "internal/engine", "internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/diag", "internal/source", "value", "store", "internal/store/memory", "internal/store/sqlite", "internal/store/postgres", "internal/store/postgres/pgtest", "internal/journal", "internal/host", "internal/inspect", "internal/telemetry", "concepts/*"}, "measuring looks at everything and nothing looks at it"},
	{"internal/archtest", nil, "the house is looked at from outside"},
	{"internal/browsertest", nil, "a browser knows nothing of the pages that it opens"},
	{"internal/docstest", nil, "the documents are tested, and nothing uses the tests"},
}

// A library comes from outside and is used in one place.
type library struct {
	path   string // or its beginning
	rooms  []string
	tests  bool // any test may use it
	reason string
}

var libraries = []library{
	{"go.opentelemetry.io/", []string{"internal/telemetry"}, false, "spans"},
	{"google.golang.org/protobuf/proto", []string{"internal/telemetry"}, false, "the form in which spans are sent"},
	{"github.com/prometheus/", []string{"internal/telemetry"}, false, "figures"},
	{"github.com/spf13/", []string{"internal/cli"}, false, "commands and flags"},
	{"github.com/fsnotify/fsnotify", []string{"internal/cli"}, false, "which files have changed"},
	{"golang.org/x/term", []string{"internal/cli"}, false, "whether somebody looks"},
	{"github.com/expr-lang/expr", []string{"internal/expression"}, false, "expressions"},
	{"github.com/go-json-experiment/json", []string{"value"}, false, "JSON that is read strictly"},
	{"github.com/jackc/", []string{"internal/store/postgres", "internal/store/postgres/pgtest", "bench"}, false, "PostgreSQL"},
	{"modernc.org/", []string{"internal/store/sqlite", "bench"}, false, "the embedded database"},
	{"golang.org/x/crypto", []string{"concepts/profile"}, false, "argon2id"},
	{"github.com/rogpeppe/go-internal", nil, true, "scripts"},
	{"golang.org/x/tools/txtar", nil, true, "archives of texts"},
	{"github.com/cockroachdb/datadriven", nil, true, "step files"},
	{"github.com/google/go-cmp", nil, true, "differences"},
	{"pgregory.net/rapid", []string{"store/storetest"}, true, "random programs and histories"},
	{"go.uber.org/goleak", nil, true, "goroutines that stay"},
	{"github.com/getkin/kin-openapi", []string{"internal/openapi/openapitest"}, true, "whether an OpenAPI document is one, and what it allows"},
	{"github.com/chromedp/", []string{"internal/browsertest"}, true, "pages in a browser"},
}
