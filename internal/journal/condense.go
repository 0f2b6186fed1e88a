package journal

import "github.com/legible-lang/legible/value"

// Condense returns the entries of a flow with stand-ins for values of more than
// brief bytes, as [Writer.Resolve] leaves them, and with long texts shortened.
func Condense(b []byte, brief int) ([]byte, error) {
	short := func(v *value.Value) {
		if !value.Small(*v, brief) {
			*v = value.Omit(*v)
		}
	}
	return Rewrite(b, func(e *Entry) {
		for i := range e.In {
			short(&e.In[i].Value)
		}
		for i := range e.Out {
			short(&e.Out[i].Value)
		}
		for i := range e.Frames {
			for j := range e.Frames[i].Bindings {
				short(&e.Frames[i].Bindings[j].Value)
			}
		}
		if !value.IsShortened(e.Text) {
			e.Text = value.Shorten(e.Text, brief)
		}
	})
}
