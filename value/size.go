package value

// JSONSize is the size of a value as JSON in bytes, without binary data. It
// builds none.
func JSONSize(v Value) int64 {
	switch v.Kind() {
	case NullKind, FlagKind:
		return 5
	case NumberKind, TimeKind:
		return 26
	case StringKind:
		s, _ := v.Text()
		return quotedSize(s)
	case ListKind:
		n := int64(2)
		for _, x := range v.Items() {
			n += 1 + JSONSize(x)
		}
		return n
	case RecordKind:
		n := int64(2)
		for _, f := range v.Fields() {
			n += 2 + quotedSize(f.Name) + JSONSize(f.Value)
		}
		return n
	case SecretKind:
		return JSONSize(v.Reveal())
	}
	return 5
}

// quotedSize is the maximum size of a text in JSON.
func quotedSize(s string) int64 {
	n := int64(len(s)) + 2
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ':
			n += 5 // \u0000
		case c == '"', c == '\\':
			n++
		}
	}
	return n
}

// Size is about how many bytes of memory a value takes, including its texts,
// lists and records.
func Size(v Value) int64 {
	const header = 24
	switch v.Kind() {
	case StringKind:
		return header + int64(v.num)
	case ListKind:
		n := int64(2 * header)
		for _, x := range v.Items() {
			n += Size(x)
		}
		return n
	case RecordKind:
		n := int64(2 * header)
		for _, f := range v.Fields() {
			n += 16 + Size(f.Value) // names belong to the program
		}
		return n
	case SecretKind:
		return header + Size(v.Reveal())
	case BlobKind:
		return header + 64
	}
	return header
}
