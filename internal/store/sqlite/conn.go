package sqlite

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The database/sql driver uses several allocations and locks for each statement, which
// cost more than SQLite itself needs for a row. A conn therefore calls the library below
// the driver. One goroutine uses it at a time.
type conn struct {
	tls   *libc.TLS
	db    uintptr
	path  string
	words uintptr // two machine words for results
	stmts []*stmt

	// Values bound to a statement are copied to this buffer outside of the Go heap;
	// larger ones get memory of their own until the end of the statement.
	room  uintptr
	used  int
	large []uintptr
}

const roomSize = 64 << 10

// A stmt is a prepared statement. Its parameters are bound in order, from 1; then it is
// stepped and reset.
type stmt struct {
	c     *conn
	p     uintptr
	text  string
	bound int32
	err   error
}

// An Error is an error of SQLite.
type Error struct {
	Code int // the extended result code
	Text string
}

func (e *Error) Error() string { return e.Text }

// patch patches the library once, on machines that need it.
var patch = sync.OnceFunc(sqlite3.PatchIssue199)

func openConn(path string, readOnly bool) (*conn, error) {
	patch()
	c := &conn{tls: libc.NewTLS(), path: path}
	c.words = libc.Xmalloc(c.tls, 16)
	c.room = libc.Xmalloc(c.tls, roomSize)
	if c.words == 0 || c.room == 0 {
		return nil, errors.New("out of memory")
	}
	name, err := libc.CString(path)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	// No mutex: the transaction lock is one already.
	flags := int32(sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE)
	if readOnly {
		flags = sqlite3.SQLITE_OPEN_READONLY
	}
	flags |= sqlite3.SQLITE_OPEN_NOMUTEX | sqlite3.SQLITE_OPEN_EXRESCODE
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, c.words, flags, 0)
	c.db = *(*uintptr)(pointer(c.words))
	if rc != sqlite3.SQLITE_OK {
		err := c.error(rc)
		c.close()
		return nil, err
	}
	return c, nil
}

// pointer converts an address outside of the Go heap to a pointer.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

func (c *conn) close() error {
	for _, s := range c.stmts {
		sqlite3.Xsqlite3_finalize(c.tls, s.p)
	}
	var err error
	if rc := sqlite3.Xsqlite3_close_v2(c.tls, c.db); rc != sqlite3.SQLITE_OK {
		err = c.error(rc)
	}
	libc.Xfree(c.tls, c.words)
	libc.Xfree(c.tls, c.room)
	c.tls.Close()
	return err
}

// error converts a result code to an error.
func (c *conn) error(rc int32) error {
	text := libc.GoString(sqlite3.Xsqlite3_errstr(c.tls, rc))
	if c.db != 0 {
		if m := libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db)); m != "not an error" && m != text {
			text = m
		}
		if n := sqlite3.Xsqlite3_system_errno(c.tls, c.db); n != 0 && rc&0xff != sqlite3.SQLITE_CONSTRAINT {
			text += fmt.Sprintf(" (system error %d)", n)
		}
	}
	return &Error{Code: int(rc), Text: text}
}

// logPath returns the path of the log.
func (c *conn) logPath() string {
	return libc.GoString(sqlite3.Xsqlite3_filename_wal(c.tls, sqlite3.Xsqlite3_db_filename(c.tls, c.db, 0)))
}

// keepLog leaves the log as it is when the connection is closed.
func (c *conn) keepLog() {
	list := libc.NewVaList(int32(1), uintptr(0))
	defer libc.Xfree(c.tls, list)
	sqlite3.Xsqlite3_db_config(c.tls, c.db, sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, list)
}

// broken reports whether SQLite has ended the open transaction.
func (c *conn) broken() bool { return sqlite3.Xsqlite3_get_autocommit(c.tls, c.db) != 0 }

func (c *conn) changes() int { return int(sqlite3.Xsqlite3_changes(c.tls, c.db)) }

// exec runs statements without rows, separated by semicolons.
func (c *conn) exec(text string) error {
	sql, err := libc.CString(text)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, sql)
	if rc := sqlite3.Xsqlite3_exec(c.tls, c.db, sql, 0, 0, 0); rc != sqlite3.SQLITE_OK {
		return fmt.Errorf("%w, in %s", c.error(rc), text)
	}
	return nil
}

// prepare returns a statement that exists as long as the connection.
func (c *conn) prepare(text string) (*stmt, error) {
	s, err := c.prepareOnce(text)
	if err == nil {
		c.stmts = append(c.stmts, s)
	}
	return s, err
}

// prepareOnce returns a statement that the caller must finalize.
func (c *conn) prepareOnce(text string) (*stmt, error) {
	if strings.ContainsRune(text, 0) {
		return nil, fmt.Errorf("a name contains a zero byte: %q", text)
	}
	sql, err := libc.CString(text)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, sql)
	if rc := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, sql, -1, sqlite3.SQLITE_PREPARE_PERSISTENT, c.words, 0); rc != sqlite3.SQLITE_OK {
		return nil, fmt.Errorf("%w, in %s", c.error(rc), text)
	}
	return &stmt{c: c, p: *(*uintptr)(pointer(c.words)), text: text}, nil
}

func (s *stmt) finalize() { sqlite3.Xsqlite3_finalize(s.c.tls, s.p) }

// query runs a statement once and calls each for every row.
func (c *conn) query(text string, row func(*stmt) error, args ...any) error {
	s, err := c.prepareOnce(text)
	if err != nil {
		return err
	}
	defer s.finalize()
	for _, a := range args {
		switch a := a.(type) {
		case string:
			s.bindText(a)
		case []byte:
			s.bindBlob(a)
		case int64:
			s.bindInt(a)
		default:
			return fmt.Errorf("a %T cannot be bound", a)
		}
	}
	for {
		more, err := s.step()
		if err != nil || !more {
			return errors.Join(err, s.reset())
		}
		if row == nil {
			continue
		}
		if err := row(s); err != nil {
			s.reset()
			return err
		}
	}
}

// copied copies bytes to memory that SQLite may read until the statement is reset.
func (c *conn) copied(b []byte) uintptr {
	n := len(b)
	p := c.room + uintptr(c.used)
	if c.used+n > roomSize {
		if p = libc.Xmalloc(c.tls, libc.Tsize_t(n)); p == 0 {
			return 0
		}
		c.large = append(c.large, p)
	} else {
		c.used += n
	}
	copy(unsafe.Slice((*byte)(pointer(p)), n), b)
	return p
}

func (s *stmt) bind(rc int32) {
	if rc != sqlite3.SQLITE_OK && s.err == nil {
		s.err = s.c.error(rc)
	}
}

// bindText binds the next parameter to a text; the other bind methods to other kinds.
func (s *stmt) bindText(v string) {
	s.bound++
	p := s.c.copied(unsafe.Slice(unsafe.StringData(v), len(v)))
	s.bind(sqlite3.Xsqlite3_bind_text64(s.c.tls, s.p, s.bound, p, uint64(len(v)), 0, sqlite3.SQLITE_UTF8))
}

func (s *stmt) bindBlob(v []byte) {
	s.bound++
	s.bind(sqlite3.Xsqlite3_bind_blob64(s.c.tls, s.p, s.bound, s.c.copied(v), uint64(len(v)), 0))
}

func (s *stmt) bindInt(v int64) {
	s.bound++
	s.bind(sqlite3.Xsqlite3_bind_int64(s.c.tls, s.p, s.bound, v))
}

func (s *stmt) bindFloat(v float64) {
	s.bound++
	s.bind(sqlite3.Xsqlite3_bind_double(s.c.tls, s.p, s.bound, v))
}

func (s *stmt) bindNull() {
	s.bound++
	s.bind(sqlite3.Xsqlite3_bind_null(s.c.tls, s.p, s.bound))
}

// step moves to the next row and reports whether there is one. It resets the statement
// after an error.
func (s *stmt) step() (bool, error) {
	if s.err != nil {
		err := s.err
		s.reset()
		return false, err
	}
	switch rc := sqlite3.Xsqlite3_step(s.c.tls, s.p); rc {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		err := s.c.error(rc)
		s.reset()
		return false, err
	}
}

// reset makes the statement ready for the next use.
func (s *stmt) reset() error {
	rc := sqlite3.Xsqlite3_reset(s.c.tls, s.p)
	s.bound, s.err = 0, nil
	s.c.used = 0
	for _, p := range s.c.large {
		libc.Xfree(s.c.tls, p)
	}
	s.c.large = s.c.large[:0]
	if rc != sqlite3.SQLITE_OK {
		return s.c.error(rc)
	}
	return nil
}

// run runs a statement without rows, and resets it.
func (s *stmt) run() error {
	if _, err := s.step(); err != nil {
		return err
	}
	return s.reset()
}

func (s *stmt) kind(i int) columnKind {
	return columnKind(sqlite3.Xsqlite3_column_type(s.c.tls, s.p, int32(i)))
}

type columnKind int32

const (
	isInt   columnKind = sqlite3.SQLITE_INTEGER
	isFloat columnKind = sqlite3.SQLITE_FLOAT
	isText  columnKind = sqlite3.SQLITE_TEXT
	isBlob  columnKind = sqlite3.SQLITE_BLOB
	isNull  columnKind = sqlite3.SQLITE_NULL
)

func (s *stmt) int(i int) int64 { return sqlite3.Xsqlite3_column_int64(s.c.tls, s.p, int32(i)) }

func (s *stmt) float(i int) float64 { return sqlite3.Xsqlite3_column_double(s.c.tls, s.p, int32(i)) }

func (s *stmt) string(i int) string {
	p := sqlite3.Xsqlite3_column_text(s.c.tls, s.p, int32(i))
	n := sqlite3.Xsqlite3_column_bytes(s.c.tls, s.p, int32(i))
	if p == 0 || n == 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(pointer(p)), n))
}

// bytes returns memory that is valid until the next step or reset.
func (s *stmt) bytes(i int) []byte {
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.p, int32(i))
	n := sqlite3.Xsqlite3_column_bytes(s.c.tls, s.p, int32(i))
	if p == 0 || n == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(pointer(p)), n)
}

// columns returns the number of columns of the result.
func (s *stmt) columns() int { return int(sqlite3.Xsqlite3_column_count(s.c.tls, s.p)) }
