package store

import "context"

// A Described is a store that remembers what its tables were made for, so that
// it can be looked through without the texts of a program.
type Described interface {
	// Schema gives the schema of the tables that are there, nil when there are
	// none yet.
	Schema() *Schema
}

// An Examiner is a store that can look for damage below what its other methods
// read.
type Examiner interface {
	// Damage gives what is wrong, a sentence each. Flows go on meanwhile.
	Damage(ctx context.Context) ([]string, error)
}

// A Compacter is a store whose room on disk does not become smaller by itself.
type Compacter interface {
	// Compact gives the room that is not used back to the disk. Nothing else
	// happens in the store meanwhile.
	Compact(ctx context.Context) error
}
