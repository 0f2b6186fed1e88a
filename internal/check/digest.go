package check

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Digest returns a digest of what the Go code of the concept is generated from: its sets,
// actions and queries with their types, but not the prose and the scenarios.
func (c *Concept) Digest() string {
	var b strings.Builder
	params := func(list []*Param) {
		for _, p := range list {
			fmt.Fprintf(&b, " %s %v %v %s;", p.Name, p.Optional, p.Many, typeDigest(p.Type))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintln(&b, c.Name, c.Params)
	for _, s := range c.Sets {
		of := ""
		if s.Of != nil {
			of = s.Of.Name
		}
		fmt.Fprintln(&b, s.Kind, s.Name, of, typeDigest(s.Member), s.Uniques)
		for _, f := range s.Fields {
			fmt.Fprintln(&b, f.Name, f.Optional, f.Many, typeDigest(f.Type))
		}
	}
	for _, a := range c.Actions {
		fmt.Fprintln(&b, a.Kind, a.Name, a.Open)
		params(a.Inputs)
		params(a.Outputs)
		for _, r := range a.Refusals {
			fmt.Fprintln(&b, r.Code)
		}
	}
	for _, q := range c.Queries {
		fmt.Fprintln(&b, q.Name, q.Rows)
		params(q.Inputs)
		params(q.Outputs)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:8])
}

// typeDigest writes everything of a type.
func typeDigest(t Type) string {
	s := fmt.Sprint(t.Kind, " ", t.Name, " ", t.Constants, " ", t.Null)
	if t.Elem != nil {
		s += " of " + typeDigest(*t.Elem)
	}
	for _, f := range t.Fields {
		s += " " + f.Name + ": " + typeDigest(f.Type)
	}
	return s
}
