package legible

// An Optional is an input that the specification declares “or null”, as in
// “bio?: String or null”. It tells a value, null and absence apart. Its zero value is
// absence.
type Optional[T any] struct {
	// Given is set if the input has a value or is null.
	Given bool
	// Value is nil if the input is null or absent.
	Value T
}

// Or returns what a field has that the input sets: Value if the input was given, and
// was if not. So null clears the field, and absence leaves it.
func (o Optional[T]) Or(was T) T {
	if o.Given {
		return o.Value
	}
	return was
}
