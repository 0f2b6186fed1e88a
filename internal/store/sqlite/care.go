package sqlite

import "github.com/legible-lang/legible/store"

var (
	_ store.Described = (*Store)(nil)
	_ store.Examiner  = (*Store)(nil)
	_ store.Compacter = (*Store)(nil)
)

// Schema gives the schema of the tables in the file.
func (s *Store) Schema() *store.Schema {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.schema
}
