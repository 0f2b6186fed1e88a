package plan

// RefusalStatus returns the HTTP status of an answer with a refusal of a kind: invalid,
// unauthenticated, forbidden, missing, conflict or limited.
func RefusalStatus(kind string) int {
	switch kind {
	case "unauthenticated":
		return 401
	case "forbidden":
		return 403
	case "missing":
		return 404
	case "conflict":
		return 409
	case "limited":
		return 429
	}
	return 422
}
