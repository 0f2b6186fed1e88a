package engine

import (
	"fmt"

	"github.com/legible-lang/legible/internal/plan"
	"github.com/legible-lang/legible/value"
)

// has gives the items of a list, or tests whether an item is among them. Null has no
// items, and null is no item.
func (w *search) has(line *plan.Line, op *plan.HasOp, emit func()) {
	list, ok := w.eval(line, op.List)
	if !ok || list.IsNull() {
		return
	}
	secret := list.IsSecret()
	list = list.Reveal()
	if list.Kind() != value.ListKind {
		w.fail(line, blameInput(op.List, fmt.Errorf("%s is %s, but “has” needs a list", op.List.Text, list.Kind())))
		return
	}
	want := value.Null
	if !op.Binds && !op.Item.Any {
		if want, ok = w.term(line, &op.Item); !ok {
			return
		}
	}
	size := value.Size(list)
	w.addBytes(line, size)
	defer func() { w.bytes -= size }()
	for _, x := range list.Items() {
		switch {
		case w.err != nil:
			return
		case x.IsNull():
		case op.Item.Any:
			emit()
		case op.Binds:
			if secret || op.Secret {
				x = value.Secret(x)
			}
			w.slots[op.Item.Slot] = x
			emit()
		case value.Equal(present(want), x):
			emit()
			return // at most one frame
		}
	}
}
