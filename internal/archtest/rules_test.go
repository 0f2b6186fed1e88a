package archtest

// A rule says what a package may import of the others.
type rule struct {
	folder string
	// uses are the packages that its code may import; tests may import any.
	// "concepts/*" stands for every folder in concepts.
	uses []string
	// why is part of the message for a forbidden import.
	why string
}

// The rules are in order: a package may import only packages above it.
var rules = []rule{
	{"internal/words", nil, "messages of all packages have the same form"},
	{"internal/source", nil, "all other packages build on texts and positions"},
	{"value", nil, "all other packages build on values"},
	{"internal/diag", []string{"internal/source"}, "a finding is a message with positions, independent of the package that reports it"},
	{"internal/expression", []string{"value", "internal/diag"}, "only this package uses the expression library"},
	{"internal/syntax", []string{"internal/words", "internal/source", "internal/diag"}, "parsing does not run anything"},
	{"internal/check", []string{"internal/words", "internal/syntax", "internal/expression", "internal/diag", "internal/source", "value"}, "checking does not run anything"},
	{"internal/check/flows", []string{"internal/words", "internal/check", "internal/syntax", "internal/expression", "internal/diag", "internal/source", "value"}, "the analysis of flows depends only on the program"},
	{"internal/check/suggest", []string{"internal/check/flows", "internal/check", "internal/syntax", "internal/diag", "internal/source"}, "suggestions depend only on the program"},
	{"internal/plan", []string{"internal/check/flows", "internal/check", "internal/syntax", "internal/expression", "internal/diag", "internal/source", "value"}, "a plan depends only on the program"},
	{"internal/openapi", []string{"internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/expression", "internal/source", "value"}, "the interface of a program depends only on the program"},
	{"internal/openapi/openapitest", []string{"internal/openapi", "internal/plan", "internal/check/flows", "value"}, "a server is compared with its document from outside"},
	{"internal/client", []string{"internal/openapi", "internal/check", "value"}, "a client is generated from the interface of a program"},
	{"internal/graph", []string{"internal/words", "internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/source", "value"}, "a diagram of a program depends only on its plan"},

	{"internal/journal", []string{"value"}, "a journal can be read without an engine"},
	{"store", []string{"value"}, "a store holds bytes and rows, and does not know flows"},
	{"internal/store/memory", []string{"store", "value"}, "a store depends only on the store interface"},
	{"internal/store/group", []string{"store", "value"}, "it orders commits for any database"},
	{"internal/store/tables", []string{"store", "value"}, "it describes changes of tables for any database"},
	{"internal/store/sqlite", []string{"store", "internal/store/group", "internal/store/tables", "value"}, "a store depends only on the store interface and the code that all databases share"},
	{"internal/store/postgres", []string{"store", "internal/store/group", "internal/store/tables", "value"}, "a store depends only on the store interface and the code that all databases share"},
	{"internal/store/postgres/pgtest", nil, "a test server does not depend on a store"},
	{"internal/store/faulty", []string{"store", "value"}, "it wraps any store, and so depends only on the interface"},
	{"store/storetest", []string{"store", "value"}, "the suite depends only on the interface, so that it can test every store"},
	{"internal/engine", []string{"internal/words", "internal/plan", "internal/check", "internal/syntax", "internal/expression", "internal/journal", "store", "internal/source", "value"}, "the engine runs plans and does not know HTTP"},
	{"internal/history", []string{"internal/plan", "internal/check", "internal/journal", "value"}, "the history of a flow depends only on its record and the plan"},
	{"internal/explain", []string{"internal/words", "internal/history", "internal/plan", "internal/check", "internal/syntax", "internal/journal", "internal/diag", "internal/source", "value"}, "explanations depend only on plan and journal; nothing runs again"},

	{"internal/engine/enginetest", []string{"internal/engine", "internal/plan", "internal/check", "internal/syntax", "internal/journal", "internal/diag", "internal/source", "store", "value"}, "the oracle shares only the checked program with the engine"},
	{"internal/host", []string{"internal/words", "internal/engine", "internal/history", "internal/explain", "internal/plan", "internal/check", "internal/journal", "store", "internal/diag", "value"}, "the HTTP front calls the engine and contains no rules of a program"},
	{"internal/inspect/api", []string{"internal/history", "internal/explain", "value"}, "the interface of the inspector is declared once, for both its sides"},
	{"internal/inspect", []string{"internal/inspect/api", "internal/words", "internal/engine", "internal/history", "internal/explain", "internal/plan", "internal/check", "internal/syntax", "internal/journal", "store", "internal/source", "value"}, "the pages read plan, store and journal, and change nothing"},
	{"internal/telemetry", []string{"internal/engine", "internal/journal", "value"}, "metrics and spans depend only on what the engine reports"},
	{"concepts", nil, "reading specifications does not require the Go code of concepts"},
	{"internal/workspace", []string{"concepts", "internal/check/suggest", "internal/check/flows", "internal/check", "internal/syntax", "internal/diag", "internal/source"}, "only this package decides which files belong to a program"},
	{"internal/private", nil, "it restricts methods of the public package to this module"},
	{".", []string{"internal/private", "internal/history", "internal/inspect/api", "internal/workspace", "internal/inspect", "internal/telemetry", "internal/openapi", "internal/host", "internal/engine", "internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/diag", "internal/source", "store", "internal/store/memory", "internal/store/sqlite", "internal/store/postgres", "value"}, "the public package connects the other packages"},
	{"gen", []string{"internal/words", "internal/check", "internal/syntax", "internal/diag", "internal/source"}, "Go code is generated from a checked specification"},
	{"gen/slot", []string{".", "value"}, "generated code converts values with it"},
	{"gen/internal/forms", []string{".", "gen/slot", "store", "value"}, "it is generated code, and so imports what concepts import"},
	{"internal/replay", []string{"internal/explain"}, "the command and a test process use the same files"},
	{"internal/event", nil, "events are data, independent of how they are printed"},
	{"scenario", []string{"internal/replay", "internal/words", ".", "internal/private", "internal/workspace", "internal/event", "internal/engine", "internal/history", "internal/explain", "internal/plan", "internal/check", "internal/syntax", "internal/expression", "internal/journal", "internal/diag", "internal/source", "value"}, "scenarios test a program like a client"},
	{"concepts/turns", nil, "a queue does not depend on the work in it"},
	{"concepts/library/epub", nil, "reading a book does not depend on a concept"},
	{"concepts/library/epub/epubtest", nil, "test books do not depend on other packages"},
	{"concepts/mailing/smtptest", nil, "a test mail server does not depend on other packages"},
	{"concepts/*", []string{".", "gen/slot", "store", "value", "concepts/library/epub", "concepts/turns"}, "concepts do not depend on each other or on the engine"},
	{"internal/cli", []string{"internal/replay", "internal/words", "internal/workspace", "internal/inspect/api", "concepts", "gen", "internal/graph", "internal/client", "internal/openapi", "scenario", "internal/event", "internal/history", "internal/explain", "internal/engine", "internal/plan", "internal/check/suggest", "internal/check/flows", "internal/check", "internal/syntax", "internal/journal", "store", "internal/store/sqlite", "internal/store/postgres", "internal/diag", "internal/source", "value", "."}, "commands read files and call the other packages"},
	{"cmd/legible", []string{"internal/cli"}, "the command only calls package cli"},
	{"apps/*", []string{".", "concepts/*", "store", "value", "gen/slot", "scenario"}, "an app uses only what is public"},
	{"internal/mutation/programs/*", []string{".", "gen/slot", "store", "value"}, "a concept does not depend on who uses it"},
	{"internal/mutation", []string{".", "internal/words", "internal/private", "internal/workspace", "internal/explain", "internal/history", "internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/journal", "internal/diag", "internal/source", "scenario", "value", "concepts/*", "internal/mutation/programs/*"}, "it uses the project from outside, as a developer does"},
	{"internal/mutation/score", []string{"internal/mutation", "internal/workspace"}, "the command only prints what package mutation finds"},
	{"bench", []string{".", "internal/private", "internal/engine", "internal/plan", "internal/check/flows", "internal/check", "internal/syntax", "internal/diag", "internal/source", "value", "store", "internal/store/memory", "internal/store/sqlite", "internal/store/postgres", "internal/store/postgres/pgtest", "internal/journal", "internal/host", "internal/inspect", "internal/telemetry", "concepts/*"}, "benchmarks may use every package, and no package uses them"},
	{"internal/archtest", nil, "it reads the source as files"},
	{"internal/browsertest", nil, "a browser does not depend on the pages that it opens"},
	{"internal/docstest", nil, "it contains only tests"},
}

// A library is an external module with the packages that may import it.
type library struct {
	path     string // or a prefix of it
	packages []string
	tests    bool // any test may use it
	reason   string
}

var libraries = []library{
	{"go.opentelemetry.io/", []string{"internal/telemetry"}, false, "spans"},
	{"google.golang.org/protobuf/proto", []string{"internal/telemetry"}, false, "the encoding of spans"},
	{"github.com/prometheus/", []string{"internal/telemetry"}, false, "metrics"},
	{"github.com/spf13/", []string{"internal/cli"}, false, "commands and flags"},
	{"github.com/fsnotify/fsnotify", []string{"internal/cli"}, false, "notification of changed files"},
	{"golang.org/x/term", []string{"internal/cli"}, false, "detection of a terminal"},
	{"github.com/expr-lang/expr", []string{"internal/expression"}, false, "expressions"},
	{"github.com/go-json-experiment/json", []string{"value"}, false, "strict JSON"},
	{"github.com/jackc/", []string{"internal/store/postgres", "internal/store/postgres/pgtest", "bench"}, false, "PostgreSQL"},
	{"modernc.org/", []string{"internal/store/sqlite", "bench"}, false, "the embedded database"},
	{"golang.org/x/crypto", []string{"concepts/profile"}, false, "argon2id"},
	{"github.com/rogpeppe/go-internal", nil, true, "scripts"},
	{"golang.org/x/tools/txtar", nil, true, "text archives"},
	{"github.com/cockroachdb/datadriven", nil, true, "step files"},
	{"github.com/google/go-cmp", nil, true, "differences"},
	{"pgregory.net/rapid", []string{"store/storetest"}, true, "random programs and histories"},
	{"go.uber.org/goleak", nil, true, "leaked goroutines"},
	{"github.com/getkin/kin-openapi", []string{"internal/openapi/openapitest"}, true, "validation of OpenAPI documents"},
	{"github.com/chromedp/", []string{"internal/browsertest"}, true, "pages in a browser"},
}
