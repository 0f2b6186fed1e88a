package syntax

// datum reads JSON with names.
func (c *cursor) datum() *Datum {
	first := c.peek()
	d := &Datum{}
	text := c.p.textOf(first)
	switch {
	case c.at("{"):
		c.take()
		d.Kind = RecordDatum
		d.Fields = []*DatumField{}
		c.list("}", func() {
			if f := c.datumField(); !c.bad {
				d.Fields = append(d.Fields, f)
			}
		})
	case c.at("["):
		c.take()
		d.Kind = ListDatum
		d.List = []*Datum{}
		c.list("]", func() {
			if c.at("...") && c.aheadIs(1, "]") {
				c.take()
				d.Open = true
				return
			}
			if item := c.datum(); !c.bad {
				d.List = append(d.List, item)
			}
		})
	case first.kind == stringToken:
		c.take()
		d.Scalar = c.unquote(first)
	case first.kind == numberToken, c.at("-") && c.ahead(1).kind == numberToken:
		d.Scalar = c.number()
	case first.kind != wordToken:
		c.unexpected("a value: a string, number, name, list or record")
	case text == "file" && c.ahead(1).kind == stringToken:
		d.Kind = FileDatum
		d.File = c.file()
	case text == "true", text == "false":
		c.take()
		d.Scalar = text == "true"
	case text == "null":
		c.take()
	case text == "_":
		c.take()
		d.Kind = AnyDatum
	default:
		d.Kind = NameDatum
		d.Name = c.lower("a name for a value")
	}
	d.Span = c.since(first)
	return d
}

// datumField reads `"key": value` or "key: value".
func (c *cursor) datumField() *DatumField {
	f := &DatumField{}
	if t := c.peek(); t.kind == stringToken {
		c.take()
		f.Name = Name{Text: c.unquote(t), Span: c.p.spanOf(t)}
	} else {
		f.Name = c.word("a field's name")
	}
	c.expect(":", "after the field's name")
	if !c.bad {
		f.Value = c.datum()
	}
	return f
}
