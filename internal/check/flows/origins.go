package flows

import (
	"math/bits"
	"slices"
)

// origins says who decided on a value: it is the set of the origins from which the
// value was computed or read.
type origins uint64

const (
	// fromCaller: the state says so about the caller. Something was read with a
	// credential or a secret.
	fromCaller origins = 1 << iota
	// fromCredential: it is a credential itself. A client can write anything there,
	// so that nothing is known of the caller before it was looked up.
	fromCredential
	// whenAuthorized stands in abstractValue.ifAny for a test of the caller alone.
	whenAuthorized
	// whenMember is the same for a test whether the state has the caller at all. It
	// permits only if the client gets the status 403 otherwise.
	whenMember
	// firstField is the first field of the request. The other fields follow, and then
	// the items of lists. All that do not fit share the last origin.
	firstField

	fromClient = ^(firstField - 1)
)

// lastOrigin is the number of the last origin.
const lastOrigin = 63

// each calls f for each origin of the set.
func (o origins) each(f func(origins)) {
	for ; o != 0; o &= o - 1 {
		f(o & -o)
	}
}

// A relation says which origins some lines have related to each other. It is part of
// the constraints of a path, and must be copied before it is changed.
type relation struct {
	groups []origins // disjoint sets of two or more, sorted
	known  origins   // those that a line has shown to exist
	// mentioned are those that an action on behalf of the caller has got.
	mentioned origins
	// authorized is set if a line has tested the caller alone against a constant.
	authorized bool
}

// connect relates all origins of a set to each other. A credential proves nothing by
// being equal to something.
func (r *relation) connect(set origins) {
	set &^= fromCredential | whenAuthorized | whenMember
	if bits.OnesCount64(uint64(set)) < 2 {
		return
	}
	var groups []origins
	for _, g := range r.groups {
		if g&set != 0 {
			set |= g
		} else {
			groups = append(groups, g)
		}
	}
	groups = append(groups, set)
	slices.Sort(groups)
	r.groups = groups
}

// group returns a set and all that is related to a part of it.
func (r *relation) group(set origins) origins {
	for _, g := range r.groups {
		if g&set != 0 {
			set |= g
		}
	}
	return set
}

// tied returns the origins that are related to the caller, with fromCaller.
func (r *relation) tied() origins { return r.group(fromCaller) }

// untied returns the part of a set that the client chose and that is not related to
// the caller.
func (r *relation) untied(set origins) origins { return set & fromClient &^ r.tied() }

// computed returns who decided on a value that is computed from values of some origins.
// If the client chose one of them, the result may be that one, and be nothing of the
// caller, as in “claimed ?? user”.
func (r *relation) computed(set origins) origins {
	if r.untied(set) != 0 {
		set &^= fromCaller
	}
	return set
}

// meet returns what holds in both of two relations.
func meet(a, b relation) relation {
	r := relation{known: a.known & b.known, mentioned: a.mentioned & b.mentioned, authorized: a.authorized && b.authorized}
	switch {
	case a.authorized && !b.authorized: // a permits everything
		r.groups = b.groups
		return r
	case b.authorized && !a.authorized:
		r.groups = a.groups
		return r
	}
	for _, g := range a.groups {
		for _, h := range b.groups {
			if set := g & h; bits.OnesCount64(uint64(set)) > 1 {
				r.groups = append(r.groups, set)
			}
		}
	}
	slices.Sort(r.groups)
	return r
}
