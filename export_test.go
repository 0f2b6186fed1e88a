package legible

import "github.com/legible-lang/legible/internal/host"

// FrontOptions returns the options of the HTTP front.
func FrontOptions(h HTTP) host.Options { return h.front() }
