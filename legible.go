// Package legible runs backends made of concepts and synchronizations: text says
// what happens, Go says how.
//
// Its main types are [Program], the texts with the Go code of their concepts; [App],
// a program that runs; [Concept], a specification with its Go code; and [Context], the
// argument of an action. It promises that the app does what the text says, that every
// request is answered, and that the record of what happened explains why. It refuses
// to guess: a program that does not pass the checker does not open.
//
//	program := legible.New(files, requesting.New, profile.New, sessioning.New)
//	err := program.ListenAndServe(ctx, legible.Options{Store: "sqlite:app.db"})
package legible
