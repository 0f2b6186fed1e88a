package diag

// syntaxEntries is the part of the catalogue that belongs to reading.
func syntaxEntries() []Entry { return nil }
