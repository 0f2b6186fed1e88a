package store

import "context"

// A Described is a store that remembers the schema of its tables, so that it
// can be read without the texts of a program.
type Described interface {
	// Schema returns the schema of the existing tables, nil if there are none
	// yet.
	Schema() *Schema
}

// An IntegrityChecker is a store that can find damage that its other methods do not
// read.
type IntegrityChecker interface {
	// CheckIntegrity returns a sentence for each fault. Flows continue meanwhile.
	CheckIntegrity(ctx context.Context) ([]string, error)
}

// A Compacter is a store whose size on disk does not shrink by itself.
type Compacter interface {
	// Compact returns unused space to the disk. Nothing else runs in the store
	// meanwhile.
	Compact(ctx context.Context) error
}
