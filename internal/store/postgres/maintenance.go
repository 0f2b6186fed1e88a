package postgres

import "github.com/legible-lang/legible/store"

var _ store.Described = (*Store)(nil)

// Schema returns the schema of the tables in the database.
func (s *Store) Schema() *store.Schema {
	s.tx.Lock()
	defer s.tx.Unlock()
	return s.schema
}
