package store

import (
	"encoding/json"
	"fmt"
)

// The schema as a store remembers it has names instead of indexes, so that two schemas
// can be compared.
type schemaText struct {
	Tables []tableText `json:"tables"`
	// Narrow is false for a schema that was written before there were domains.
	Narrow bool `json:"narrow,omitempty"`
}

type tableText struct {
	Instance string       `json:"instance"`
	Set      string       `json:"set"`
	Of       string       `json:"of,omitempty"`
	One      bool         `json:"one,omitempty"`
	Columns  []columnText `json:"columns"`
	Unique   [][]string   `json:"unique,omitempty"`
	Indexes  [][]string   `json:"indexes,omitempty"`
}

type columnText struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Optional bool   `json:"optional,omitempty"`
	Many     string `json:"many,omitempty"`
	Holds    string `json:"holds,omitempty"`
}

var manyNames = [...]string{"", "set", "seq"}

// EncodeSchema writes a schema as JSON, the form in which a store remembers it.
func EncodeSchema(s *Schema) []byte {
	text := schemaText{Narrow: !s.plain}
	for _, t := range s.Tables {
		tt := tableText{Instance: t.Instance, Set: t.Set, One: t.One, Columns: []columnText{}}
		if t.Of != nil {
			tt.Of = t.Of.Name()
		}
		for _, c := range t.Columns {
			tt.Columns = append(tt.Columns, columnText{c.Name, c.Type.String(), c.Optional, manyNames[c.Many], string(c.Domain)})
		}
		for _, u := range t.Unique {
			tt.Unique = append(tt.Unique, t.names(u))
		}
		for _, x := range t.Indexes {
			tt.Indexes = append(tt.Indexes, t.names(x))
		}
		text.Tables = append(text.Tables, tt)
	}
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // strings and booleans can always be encoded
	}
	return b
}

// DecodeSchema reads what EncodeSchema wrote.
func DecodeSchema(b []byte) (*Schema, error) {
	var text schemaText
	if err := json.Unmarshal(b, &text); err != nil {
		return nil, fmt.Errorf("reading the store's own schema: %w", err)
	}
	s := &Schema{plain: !text.Narrow}
	byName := map[string]*Table{}
	for i, tt := range text.Tables {
		t := &Table{Instance: tt.Instance, Set: tt.Set, Index: i, Of: byName[tt.Of], One: tt.One}
		if tt.Of != "" && t.Of == nil {
			return nil, fmt.Errorf("the store's own schema says that %s is a subset of %s, which does not come before it", t.Name(), tt.Of)
		}
		for _, c := range tt.Columns {
			column := Column{Name: c.Name, Optional: c.Optional, Type: -1, Many: -1, Domain: Domain(c.Holds)}
			for typ := Text; typ <= Json; typ++ {
				if typ.String() == c.Type {
					column.Type = typ
				}
			}
			for m, name := range manyNames {
				if name == c.Many {
					column.Many = Many(m)
				}
			}
			if column.Type < 0 || column.Many < 0 {
				return nil, fmt.Errorf("the store's own schema has a column %s.%s of %s %s", t.Name(), c.Name, c.Many, c.Type)
			}
			t.Columns = append(t.Columns, column)
		}
		var err error
		if t.Unique, err = t.places(tt.Unique); err != nil {
			return nil, err
		}
		if t.Indexes, err = t.places(tt.Indexes); err != nil {
			return nil, err
		}
		byName[t.Name()] = t
		s.Tables = append(s.Tables, t)
	}
	return s, nil
}

func (t *Table) names(columns []int) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = t.Columns[c].Name
	}
	return names
}

func (t *Table) places(names [][]string) ([][]int, error) {
	var out [][]int
	for _, group := range names {
		columns := make([]int, len(group))
		for i, n := range group {
			if columns[i] = t.Column(n); columns[i] < 0 {
				return nil, fmt.Errorf("the store's own schema has an index on %s.%s, which is not a column", t.Name(), n)
			}
		}
		out = append(out, columns)
	}
	return out, nil
}
