package sqlite

import "github.com/legible-lang/legible/store"

var (
	_ store.Described        = (*Store)(nil)
	_ store.IntegrityChecker = (*Store)(nil)
	_ store.Compacter        = (*Store)(nil)
)

// Schema returns the schema of the tables in the file.
func (s *Store) Schema() *store.Schema {
	s.tx.Lock()
	defer s.tx.Unlock()
	return s.schema
}
