package check

// The fields of a request that the runtime sets. Fields of these names that a
// client sends are ignored.
const (
	MethodField  = "method"
	PathField    = "path"
	HeadersField = "headers"
	HTTPField    = "http"
)

// IsRuntimeField reports whether the runtime sets a field of requests.
func IsRuntimeField(name string) bool {
	switch name {
	case MethodField, PathField, HeadersField, HTTPField:
		return true
	}
	return false
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
)

// httpType is the type of the field http of a request.
func httpType() Type {
	return Type{Kind: Record, Fields: []RecordField{{ClientField, Type{Kind: String}}, {NetworkField, Type{Kind: String}}, {FilesField, Type{Kind: Number, Null: true}}}}
}
