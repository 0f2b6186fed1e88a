package legible

import "io/fs"

// Instead gives an app that is not open other texts in the place of its own: a
// version of its program to be tried with the Go that there is.
func (a *App) Instead(files fs.FS) { a.files = []fs.FS{files} }
