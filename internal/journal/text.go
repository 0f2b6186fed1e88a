package journal

import (
	"fmt"
	"strings"

	"github.com/legible-lang/legible/value"
)

// String prints an entry on one line as a person reads it, secrets hidden.
func (e Entry) String() string {
	switch e.Kind {
	case Begun:
		return "begun " + e.Moment.Format(value.MomentLayout)
	case Asked:
		return fmt.Sprintf("asked %s %s %s", e.ID, e.Action, Bindings(e.In))
	case Completed:
		switch e.Outcome {
		case Returned:
			return fmt.Sprintf("returned %s %s %s", e.ID, e.Action, Bindings(e.Out))
		case Refused:
			return fmt.Sprintf("refused %s %s %s %q", e.ID, e.Action, e.Code, e.Text)
		}
		return fmt.Sprintf("%s %s %s %q", e.Outcome, e.ID, e.Action, e.Text)
	case Fired, Dropped, Entered:
		var b strings.Builder
		b.WriteString(e.Kind.String())
		if e.Kind != Dropped {
			fmt.Fprintf(&b, " %d", e.Number)
		}
		fmt.Fprintf(&b, " %s", e.Sync)
		if e.Kind == Entered {
			fmt.Fprintf(&b, " stage %d of frame %d.%d", e.Stage+1, e.Of.Firing, e.Of.Frame)
			if e.Line > 0 {
				fmt.Fprintf(&b, ", line %d", e.Line-1)
			}
		} else {
			fmt.Fprintf(&b, " %v", e.Matched)
		}
		b.WriteString(framesText(e.Frames))
		return b.String()
	}
	switch e.Kind {
	case Lost:
		text := fmt.Sprintf("lost in frame %d.%d of %s at %s", e.Of.Firing, e.Of.Frame, e.Sync, e.Place)
		if e.Rows > 0 {
			text += fmt.Sprintf(": %d rows, %d kept", e.Rows, e.Kept)
		}
		if e.Null != "" {
			text += ", without " + e.Null
		}
		return text + framesText(e.Frames)
	case Tried:
		return fmt.Sprintf("tried %s %s %d times, again at %s: %q", e.ID, e.Action, e.Tries, e.Next.Format(value.MomentLayout), e.Text)
	case Parked:
		return fmt.Sprintf("parked %s %s after %d tries: %q", e.ID, e.Action, e.Tries, e.Text)
	case Decided:
		return fmt.Sprintf("decided %s %s %s %q", e.ID, e.Action, e.Code, e.Text)
	}
	return fmt.Sprintf("faulted %q", e.Text)
}

func framesText(frames []Frame) string {
	var b strings.Builder
	for _, f := range frames {
		b.WriteString(" {")
		for i, x := range f.Bindings {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(x.Name + ": " + x.Value.String())
		}
		b.WriteString("}")
		if f.DroppedAt != "" {
			b.WriteString(" lost at " + f.DroppedAt)
		}
	}
	return b.String()
}

// Bindings prints named values as the language writes arguments.
func Bindings(fields []value.Field) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Name + ": " + f.Value.String()
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
