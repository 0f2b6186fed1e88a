// Package private keeps methods of the public package to the packages of this module.
//
// Its one type is [Access], a parameter of such a method. It promises that no other
// module can call the method, as none can make the argument. It does nothing else.
package private

// Access is the argument of a method that only packages of this module call.
type Access struct{ _ struct{} }
