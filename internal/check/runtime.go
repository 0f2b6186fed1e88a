package check

// The fields of a request that the runtime gives, whatever a client sends under
// such a name.
const (
	MethodField  = "method"
	PathField    = "path"
	HeadersField = "headers"
	HTTPField    = "http"
)

// IsRuntimeField tells whether the runtime gives a field of a request.
func IsRuntimeField(name string) bool {
	switch name {
	case MethodField, PathField, HeadersField, HTTPField:
		return true
	}
	return false
}

// The fields of the value http of a request.
const (
	// ClientField is the client's address: "203.0.113.7", "2001:db8::1".
	ClientField = "client"
	// NetworkField is what one client has for itself: of an IPv6 address the
	// first 64 bits, as "2001:db8::/64", else the address.
	NetworkField = "network"
	// FilesField is how many bytes the files of the request have together, as far
	// as that is known before they come; null where it is not.
	FilesField = "files"
)

// httpType is the type of the value http of a request.
func httpType() Type {
	return Type{Kind: Record, Fields: []RecordField{{ClientField, Type{Kind: String}}, {NetworkField, Type{Kind: String}}, {FilesField, Type{Kind: Number, Null: true}}}}
}
