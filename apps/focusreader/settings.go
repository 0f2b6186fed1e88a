package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/annotation"
	"github.com/legible-lang/legible/concepts/library"
	"github.com/legible-lang/legible/concepts/limiting"
	"github.com/legible-lang/legible/store"
)

// errUsage ends a start with wrong flags, already reported.
var errUsage = errors.New("wrong flags")

// auto lets the program choose.
const auto = "auto"

const (
	// maxUpload admits the largest book of a library as a file, or as a part of a
	// form.
	maxUpload = 101 << 20
	// maxBook is for a book in JSON, as base64, which is in memory as a whole: 36 MB.
	// maxBody is for bodies with a list, such as a note's tags. The fields of all
	// others bound their length.
	maxBook, maxBody = 48 << 20, 1 << 20
)

// settings are the operator's choices.
type settings struct {
	options legible.Options
	limits  limiting.Options
	books   library.Options
	notes   annotation.Options
	inspect string // address of the inspector; empty if none
}

// readSettings parses flags; an environment variable is the default of each.
// The environment is as in os.Environ.
func readSettings(args, environ []string, errOut io.Writer) (*settings, error) {
	given := map[string]string{}
	for _, x := range environ {
		name, value, _ := strings.Cut(x, "=")
		given[name] = value
	}
	env := func(name string) string { return given[name] }
	flags := flag.NewFlagSet("focusreader", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var names []string
	text := func(name, usual, usage string) *string {
		names = append(names, name)
		return flags.String(name, cmp.Or(env(variable(name)), usual), usage+" ("+variable(name)+")")
	}
	addr := text("addr", "127.0.0.1:8000", "address to listen on; port 0 selects a free port")
	place := text("store", "sqlite:focusreader.db", "store of state and record: sqlite:PATH, memory:, or postgres://… for several nodes")
	durability := text("durability", "full", "when an answer leaves: full, relaxed or memory")
	age := text("journal-age", "30d", "how long records of flows are kept: 30d, 36h, 90m, or all for ever; state is kept in any case")
	flows := text("journal-flows", "1000000", "maximum number of flows with records, or all")
	record := text("record", "bounded", "values in the record: bounded omits those of more than 512 bytes if a flow changed nothing; full keeps all")
	refusals := text("refusals", "kind", "status of refusals: kind, or 200 for older clients")
	inspector := text("inspect", auto, "address of the inspector: 127.0.0.1:PORT, auto for the port after that of --addr or a free one, or none")
	atOnce := text("at-once", "1024", "maximum number of concurrent requests; more answer 503")
	conns := text("connections", auto, "maximum number of connections, or auto for eight times --at-once and at least 1024; above it, the slowest connection that waits for its client is closed")
	clientConns := text("client-connections", auto, "maximum number of connections of one address that keep the server waiting, or auto for an eighth of --connections")
	trusted := text("trusted-proxies", "", "networks of the proxies in front, such as 10.0.0.0/8,fd00::/8; only their X-Forwarded-For and Forwarded headers are used")
	ofName := text("limit-name", usualOfName, "wrong passwords for a name from unknown places, as TRIES/TIME: that many, and one more per time; 0 is no limit")
	ofAddress := text("limit-address", usualOfAddress, "wrong passwords from an address")
	accounts := text("limit-accounts", usualAccounts, "new accounts from an address")
	longest := text("max-text", "65536", "maximum number of characters of a text in a request")
	books := text("room-books", "10GB", "storage for the books of a user, such as 500MB or 10GB")
	notes := text("room-notes", "32MB", "storage for the notes and tags of a user")
	names = append(names, "behind-tls", "dev")
	tls := flags.Bool("behind-tls", isTrue(env(variable("behind-tls"))), "a proxy in front terminates TLS: cookies are Secure ("+variable("behind-tls")+"=true)")
	dev := flags.Bool("dev", isTrue(env(variable("dev"))), "include the reason in answers with status 500 ("+variable("dev")+"=true)")

	fail := func(format string, args ...any) error {
		fmt.Fprintf(errOut, "focusreader: "+format+"\n", args...)
		return errUsage
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintln(errOut, "focusreader serves FocusReader. Its flags, with the environment variables of their defaults:")
		flags.VisitAll(func(f *flag.Flag) {
			fmt.Fprintf(errOut, "  --%-13s %s; default: %s\n", f.Name, f.Usage, cmp.Or(f.DefValue, "none"))
		})
		return nil, flag.ErrHelp
	case err != nil:
		return nil, fail("%s", said(err, names))
	case flags.NArg() > 0:
		return nil, fail("unexpected argument %q; flags begin with --", flags.Arg(0))
	}
	// Unknown variables with this prefix do not prevent a start.
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if word, ours := strings.CutPrefix(name, variable("")); ours && !slices.ContainsFunc(names, func(known string) bool { return variable(known) == name }) {
			if near, ok := nearest(strings.ToLower(strings.ReplaceAll(word, "_", "-")), names); ok {
				fmt.Fprintf(errOut, "focusreader: nothing reads the variable %s; did you mean %s?\n", name, variable(near))
			}
		}
	}
	s := &settings{}
	o := &s.options
	if *place == "" {
		// An unset variable in a script must not select memory:.
		return nil, fail("--store is empty: write sqlite:PATH, memory: or postgres://…")
	}
	for _, name := range []string{"behind-tls", "dev"} {
		if word := env(variable(name)); word != "" {
			if _, err := strconv.ParseBool(word); err != nil {
				return nil, fail("%s is true or false, not %q", variable(name), word)
			}
		}
	}
	if _, _, err := net.SplitHostPort(*addr); err != nil {
		return nil, fail("--addr is HOST:PORT, as in 127.0.0.1:8000, not %q", *addr)
	}
	o.Addr, o.Store = *addr, *place
	o.HTTP.Prefix, o.HTTP.Development, o.HTTP.BehindTLS = prefix, *dev, *tls
	o.HTTP.MaxBody, o.HTTP.MaxBinary, o.HTTP.MaxUpload = maxBody, maxBook, maxUpload
	if *inspector != "none" && *inspector != "" {
		s.inspect = *inspector
		o.Inspect = &legible.Inspect{Development: *dev}
	}
	var err error
	if o.Durability, err = store.ParseDurability(*durability); err != nil {
		return nil, fail("--durability: %v", err)
	}
	if o.Keep.JournalAge, err = legible.ParseAge(*age); err != nil {
		return nil, fail("--journal-age: %v", err)
	}
	if o.Keep.JournalFlows, err = count(*flows); err != nil {
		return nil, fail("--journal-flows: %v", err)
	}
	if o.HTTP.MaxInFlight, err = strconv.Atoi(*atOnce); err != nil || o.HTTP.MaxInFlight <= 0 {
		return nil, fail("--at-once is a number above 0, not %q", *atOnce)
	}
	for _, x := range []struct {
		flag, text string
		to         *int
	}{{"connections", *conns, &o.HTTP.MaxConns}, {"client-connections", *clientConns, &o.HTTP.MaxPerClient}} {
		if x.text == auto {
			continue
		}
		if *x.to, err = strconv.Atoi(x.text); err != nil || *x.to <= 0 {
			return nil, fail("--%s is a number above 0, or auto, not %q", x.flag, x.text)
		}
	}
	var budgets [3]limiting.Budget
	for i, x := range [...]struct{ flag, text string }{{"limit-name", *ofName}, {"limit-address", *ofAddress}, {"limit-accounts", *accounts}} {
		if budgets[i], err = budget(x.text); err != nil {
			return nil, fail("--%s: %v", x.flag, err)
		}
	}
	s.limits = limitsOf(budgets[0], budgets[1], budgets[2])
	if s.books.Room, err = room(*books); err != nil {
		return nil, fail("--room-books: %v", err)
	}
	if s.notes.Room, err = room(*notes); err != nil {
		return nil, fail("--room-notes: %v", err)
	}
	if o.HTTP.TrustedProxies, err = networks(*trusted); err != nil {
		return nil, fail("--trusted-proxies: %v", err)
	}
	if o.HTTP.MaxText, err = strconv.Atoi(*longest); err != nil || o.HTTP.MaxText <= 0 {
		return nil, fail("--max-text is a number above 0, not %q", *longest)
	}
	switch *record {
	case "bounded":
	case "full":
		o.FullRecord = true
	default:
		return nil, fail("--record is bounded or full, not %q", *record)
	}
	switch *refusals {
	case "kind":
	case "200":
		o.HTTP.Refusals200 = true
	default:
		return nil, fail("--refusals is kind or 200, not %q", *refusals)
	}
	return s, nil
}

// room parses a size in bytes, such as 32MB or 10GB.
func room(text string) (int64, error) {
	for unit, n := range map[string]float64{"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12} {
		if digits, ok := strings.CutSuffix(text, unit); ok {
			if many, err := strconv.ParseFloat(digits, 64); err == nil && many > 0 && many*n >= 1 && many*n < 1e18 {
				return int64(many * n), nil
			}
		}
	}
	return 0, fmt.Errorf("it is a size above 0 in kB, MB, GB or TB, as in 32MB, not %q", text)
}

// count parses a number above 0, or "all", which is a negative number.
func count(text string) (int, error) {
	if text == "all" {
		return -1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("it is a number above 0, or all, not %q", text)
	}
	return n, nil
}

// networks parses a list of networks or single addresses.
func networks(text string) (list []netip.Prefix, err error) {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		network, err := netip.ParsePrefix(word)
		if a, alone := netip.ParseAddr(word); err != nil && alone == nil {
			network, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("it is a list of networks, as in 10.0.0.0/8,fd00::/8, and %q is none", word)
		}
		list = append(list, network)
	}
	return list, nil
}

func variable(name string) string {
	return "FOCUSREADER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

func isTrue(s string) bool { is, _ := strconv.ParseBool(s); return is }

// said returns the flag package's error, with the flag that was probably meant.
func said(err error, names []string) string {
	message := err.Error()
	unknown, ok := strings.CutPrefix(message, "flag provided but not defined: -")
	if !ok {
		return message
	}
	message = "there is no flag --" + unknown
	if near, ok := nearest(unknown, names); ok {
		return message + "; did you mean --" + near + "?"
	}
	return message + "; the flags are --" + strings.Join(names, ", --")
}
