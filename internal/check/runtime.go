package check

// The fields of a request that the runtime sets. Fields of these names that a
// client sends are ignored.
const (
	MethodField  = "method"
	PathField    = "path"
	HeadersField = "headers"
	HTTPField    = "http"
)

// IsRuntimeField reports whether the runtime sets a field of requests, or a part of
// the field http.
func IsRuntimeField(name string) bool {
	switch name {
	case MethodField, PathField, HeadersField, HTTPField:
		return true
	}
	return partOf(name, HTTPField)
}

// The fields of the field http of a request.
const (
	// ClientField is the client's address: "203.0.113.7", "2001:db8::1".
	ClientField = "client"
	// NetworkField identifies the network of one client: the first 64 bits of an
	// IPv6 address, as "2001:db8::/64", otherwise the address.
	NetworkField = "network"
	// FilesField is the total size of the files of the request in bytes, null if it
	// is not known in advance.
	FilesField = "files"
	// RawField is the body as it came, a secret. Only a record pattern has it,
	// “http: {raw}”.
	RawField = "raw"
)

// httpPart returns the type of a part of the field http, nil if there is no such part.
func httpPart(name string) *Type {
	if name == HTTPField+"."+RawField {
		return &Type{Kind: Secret}
	}
	t := httpType()
	for _, f := range t.Fields {
		if name == HTTPField+"."+f.Name {
			return &f.Type
		}
	}
	return nil
}

// httpType is the type of the field http of a request.
func httpType() Type {
	return Type{Kind: Record, Fields: []RecordField{{Name: ClientField, Type: Type{Kind: String}}, {Name: NetworkField, Type: Type{Kind: String}},
		{Name: FilesField, Type: Type{Kind: Number, Null: true}}}}
}
