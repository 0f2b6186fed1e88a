package untested

import "github.com/legible-lang/legible"

func Make() legible.Concept { return legible.Concept{} }
