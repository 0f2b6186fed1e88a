package engine

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/legible-lang/legible/store"
	"github.com/legible-lang/legible/value"
)

// A Context is what an action or query of a concept gets. It ends at the flow's
// deadline. It must not be used after the action has returned. Go code that asks
// the app for something passes it on, and does so before the first write: see
// [ErrInside].
type Context interface {
	context.Context
	// Now is the flow's fixed time, in UTC.
	Now() time.Time
	// NewID returns a new unique identity.
	NewID() string
	// Key identifies this action among all actions of all flows. A retry has the
	// same key, also after a crash and in another process: an idempotency key for
	// other services.
	Key() string
	// PutBlob stores the content of a reader and OpenBlob reads it again. A blob
	// that no member of any set refers to is deleted later. Large reads and writes
	// come before the first write of an action.
	PutBlob(r io.Reader, mediaType string) (*value.Blob, error)
	OpenBlob(b *value.Blob) (store.BlobReader, error)
	// Lock begins the write transaction before the first write: no other flow writes
	// until the action returns, so slow work comes before it. It is never needed:
	// when an action writes, what the flow has read since its last commit still
	// holds, or the action does not commit and runs again. An effect action must
	// not call Lock.
	Lock()
	// State is the concept's access to the store. Collections generated from the
	// specification use it.
	State() State
}

// A State reads and writes members of sets, as store.Session does. The first write
// begins a write transaction, which ends when the action returns. The columns
// passed to Find must not be changed afterwards. An error must be returned: if
// something read before is no longer true, the write fails and the action runs
// again.
type State interface {
	Get(t *store.Table, id string) (store.Row, error)
	Find(t *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error)
	Insert(t *store.Table, id string, row store.Row) error
	Update(t *store.Table, id string, row store.Row) error
	Delete(t *store.Table, id string) error
}

// A call is the Context of the running action.
type call struct {
	flow     *flow
	action   int32
	wrote    bool            // something was written in this transaction
	writes   int             // writes of the flow
	locked   bool            // Lock has begun the transaction
	together bool            // inside then together
	reading  bool            // inside a query
	start    time.Time       // of the flow, by the machine's clock
	ctx      context.Context // with the deadline, made on first use
	cancel   context.CancelFunc
}

func (c *call) reset() {
	if c.cancel != nil {
		c.cancel()
	}
	*c = call{flow: c.flow}
}

// forget ends the context made for the flow's start or a try's.
func (c *call) forget() {
	if c.cancel != nil {
		c.cancel()
	}
	c.ctx, c.cancel = nil, nil
}

func (c *call) context() context.Context {
	if c.ctx == nil {
		c.ctx, c.cancel = context.WithDeadline(context.WithoutCancel(c.flow.ctx), c.start.Add(c.flow.engine.options.Limits.Deadline))
	}
	return c.ctx
}

// Value asks the context that was made, if there is one. So package context finds out
// that contexts derived from the call end with that context, and starts no goroutine
// that would use the call after the action has returned.
func (c *call) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	if c.ctx != nil {
		return c.ctx.Value(key)
	}
	return c.flow.ctx.Value(key)
}

// An effectContext is the Context of one try of an effect action. Its context.Context
// is a plain one: network clients often leave goroutines behind that check
// whether it has ended.
type effectContext struct {
	context.Context
	*call
}

func (o *effectContext) Deadline() (time.Time, bool) { return o.Context.Deadline() }
func (o *effectContext) Done() <-chan struct{}       { return o.Context.Done() }
func (o *effectContext) Err() error                  { return o.Context.Err() }
func (o *effectContext) Value(key any) any           { return o.Context.Value(key) }

func (c *call) Deadline() (time.Time, bool) { return c.context().Deadline() }
func (c *call) Done() <-chan struct{}       { return c.context().Done() }
func (c *call) Err() error                  { return c.context().Err() }
func (c *call) Now() time.Time              { return c.flow.now.UTC().Truncate(time.Millisecond) }
func (c *call) NewID() string               { return c.flow.engine.options.IDs.At(c.flow.now).String() }
func (c *call) State() State                { return c }
func (c *call) Lock() {
	if c.inEffect() {
		panic(&StateError{errEffectState})
	}
	if !c.reading && !c.wrote && !c.locked {
		if err := c.flow.beginWrite(); err != nil {
			panic(&StateError{err})
		}
		c.locked = true
	}
}

func (c *call) PutBlob(r io.Reader, mediaType string) (*value.Blob, error) {
	if c.reading {
		return nil, errReadOnly
	}
	c.flow.unpin()
	return c.flow.session.putBlob(c, c.flow.engine.store, r, mediaType)
}

func (c *call) OpenBlob(b *value.Blob) (store.BlobReader, error) {
	c.flow.unpin()
	return c.flow.session.openBlob(c, c.flow.engine.store, b.Hash)
}

func (c *call) Key() string { return c.flow.effectKey(c.action) }

func (c *call) Get(t *store.Table, id string) (store.Row, error) {
	return c.flow.get(t, id, !c.reading)
}

func (c *call) Find(t *store.Table, columns []int, key []value.Value, page store.Page) ([]store.Member, error) {
	return c.flow.find(t, columns, key, page, !c.reading)
}

var errEffectState = errors.New("an effect action reaches outside and never runs inside a store transaction; let a sync ask a plain action for the change")

var errReadOnly = errors.New("a query reads; only an action can change the state")

func (c *call) inEffect() bool {
	return !c.reading && c.flow.engine.effects != nil && c.flow.engine.effects[c.flow.occs[c.action].action.Index] != nil
}

func (c *call) write() error {
	if c.reading {
		return errReadOnly
	}
	if c.inEffect() {
		return errEffectState
	}
	if !c.wrote && !c.locked {
		if err := c.flow.beginWrite(); err != nil {
			return err
		}
	}
	c.wrote = true
	c.writes++
	return nil
}

func (c *call) Insert(t *store.Table, id string, row store.Row) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.flow.session.Insert(t, id, row)
}

func (c *call) Update(t *store.Table, id string, row store.Row) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.flow.session.Update(t, id, row)
}

func (c *call) Delete(t *store.Table, id string) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.flow.session.Delete(t, id)
}
