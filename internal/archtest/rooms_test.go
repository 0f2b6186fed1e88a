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
	{"source", nil, "texts and places are what everything else is told of"},
	{"value", nil, "values are what everything else holds"},
	{"diag", []string{"source"}, "a finding is words and places, whoever found it"},
	{"expression", []string{"value", "diag"}, "the outside library of expressions is wrapped once"},
	{"syntax", []string{"source", "diag"}, "text must be readable without running anything"},
	{"check", []string{"syntax", "expression", "diag", "source", "value"}, "a program is checked without running anything"},
	{"plan", []string{"check", "syntax", "expression", "diag", "source", "value"}, "a plan depends on the text alone"},
	{"openapi", []string{"plan", "check", "syntax", "expression", "source", "value"}, "what callers are promised depends on the text alone"},
	{"openapi/openapitest", []string{"openapi", "plan", "check", "value"}, "a server is held against its document from outside"},
	{"client", []string{"openapi", "check", "value"}, "a client is written from what callers are promised"},
	{"graph", []string{"plan", "check", "syntax", "source", "value"}, "a picture of a program depends on its plan alone"},

	{"journal", []string{"value"}, "what happened can be read without what made it happen"},
	{"store", []string{"value"}, "a store keeps bytes and rows, and knows of no flow"},
	{"store/memory", []string{"store", "value"}, "a store knows its interface alone"},
	{"store/group", []string{"store", "value"}, "it orders commits, and knows of no database"},
	{"store/tables", []string{"store", "value"}, "it says how tables change, and knows of no database"},
	{"store/sqlite", []string{"store", "store/group", "store/tables", "value"}, "a store knows its interface, and what all databases share"},
	{"store/postgres", []string{"store", "store/group", "store/tables", "value"}, "a store knows its interface, and what all databases share"},
	{"store/postgres/pgtest", nil, "a server for tests knows of no store"},
	{"store/faulty", []string{"store", "value"}, "it stands before any store, and knows the interface alone"},
	{"store/storetest", []string{"store", "value"}, "the suite knows the interface alone, so that it fits every store"},
	{"engine", []string{"plan", "check", "syntax", "expression", "journal", "store", "source", "value"}, "the engine runs plans, and knows of no HTTP"},
	{"history", []string{"plan", "check", "journal", "value"}, "what happened is read from the record, next to the plan"},
	{"explain", []string{"history", "plan", "check", "syntax", "journal", "diag", "source", "value"}, "why and why not are read from plan and journal; nothing is run again"},

	{"host", []string{"engine", "history", "explain", "plan", "check", "journal", "store", "diag", "value"}, "the front asks the engine, and holds no rule of a program"},
	{"inspect", []string{"engine", "history", "explain", "plan", "check", "syntax", "journal", "store", "source", "value"}, "the pages read plan, store and journal, and change nothing"},
	{"telemetry", []string{"engine", "journal", "value"}, "figures and spans are made of what the engine tells, and of nothing else"},
	{".", []string{"inspect", "telemetry", "openapi", "host", "engine", "plan", "check", "syntax", "diag", "source", "store", "store/memory", "store/sqlite", "store/postgres", "value"}, "the public package puts the parts together"},
	{"gen", []string{"check", "syntax", "diag", "source"}, "Go is written from a checked specification"},
	{"gen/slot", []string{".", "value"}, "generated code reads values through it, and through the public package"},
	{"gen/internal/forms", []string{".", "gen/slot", "store", "value"}, "it is an example of what gen writes, and uses what a concept uses"},
	{"scenario/event", nil, "what a run of scenarios says is words, for whoever prints them"},
	{"scenario", []string{".", "scenario/event", "engine", "history", "explain", "plan", "check", "syntax", "expression", "journal", "diag", "source", "value"}, "scenarios are tests of a program, asked as a client asks"},
	{"concepts", nil, "specifications can be read without building the Go of any concept"},
	{"concepts/turns", nil, "a queue knows nothing of the work"},
	{"concepts/library/epub", nil, "a book is read without knowing of any concept"},
	{"concepts/library/epub/epubtest", nil, "books are made for tests from nothing"},
	{"concepts/mailing/smtptest", nil, "a mail server is made for tests from nothing"},
	{"concepts/*", []string{".", "gen/slot", "store", "value", "concepts/library/epub", "concepts/turns"}, "concepts never mention each other, and no engine"},
	{"cli", []string{"concepts", "gen", "graph", "client", "openapi", "scenario", "scenario/event", "history", "explain", "engine", "plan", "check", "syntax", "journal", "store", "store/sqlite", "store/postgres", "diag", "source", "value", "."}, "commands read files and call the packages that know"},
	{"cmd/legible", []string{"cli"}, "the command is package cli"},
	{"apps/*", []string{".", "host", "inspect", "concepts/*", "store", "diag"}, "an app is its texts, its concepts and its settings"},
	{"bench/*", []string{".", "engine", "plan", "check", "syntax", "diag", "source", "value", "store", "store/memory", "store/sqlite", "store/postgres", "store/postgres/pgtest", "journal", "host", "inspect", "telemetry", "concepts/*"}, "measuring looks at everything and nothing looks at it"},
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
	{"go.opentelemetry.io/", []string{"telemetry"}, false, "spans"},
	{"google.golang.org/protobuf/proto", []string{"telemetry"}, false, "the form in which spans are sent"},
	{"github.com/prometheus/", []string{"telemetry"}, false, "figures"},
	{"github.com/spf13/", []string{"cli"}, false, "commands and flags"},
	{"github.com/fsnotify/fsnotify", []string{"cli"}, false, "which files have changed"},
	{"golang.org/x/term", []string{"cli"}, false, "whether somebody looks"},
	{"github.com/expr-lang/expr", []string{"expression"}, false, "expressions"},
	{"github.com/go-json-experiment/json", []string{"value"}, false, "JSON that is read strictly"},
	{"github.com/jackc/", []string{"store/postgres", "store/postgres/pgtest", "bench/durable"}, false, "PostgreSQL"},
	{"modernc.org/", []string{"store/sqlite", "bench/durable"}, false, "the embedded database"},
	{"golang.org/x/crypto", []string{"concepts/profile"}, false, "argon2id"},
	{"github.com/rogpeppe/go-internal", nil, true, "scripts"},
	{"golang.org/x/tools/txtar", nil, true, "archives of texts"},
	{"github.com/cockroachdb/datadriven", nil, true, "step files"},
	{"github.com/google/go-cmp", nil, true, "differences"},
	{"pgregory.net/rapid", []string{"store/storetest"}, true, "random programs and histories"},
	{"go.uber.org/goleak", nil, true, "goroutines that stay"},
	{"github.com/getkin/kin-openapi", []string{"openapi/openapitest"}, true, "whether an OpenAPI document is one, and what it allows"},
	{"github.com/chromedp/", []string{"internal/browsertest"}, true, "pages in a browser"},
}
