package legible_test

import (
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/legible-lang/legible"
	"github.com/legible-lang/legible/concepts/requesting"
)

const orderSyncs = `sync Order
when
    Requesting.request (path: "/order", lines, most?: limit) : (request)
where
    ordered is each {sku, quantity, note, city}
        lines has {sku, quantity, note?, "ship-to": {city?}}
        quantity < 100
    most is sum of n
        lines[0:limit ?? 2] has {quantity: n}
then
    Requesting.respond (request, ordered, most, lines)

sync Find
when
    Requesting.request (path: "/find", lines, wanted) : (request)
where
    lines has {sku: wanted, kind: "A"}
        else Requesting.respond (request, status: 404)
    no lines has {spoilt: true, note: null}
        else Requesting.respond (request, status: 422)
    counted is count
        lines has {sku: _}
then
    Requesting.respond (request, counted)

sync Deep
when
    Requesting.request (path: "/deep", data) : (request)
where
    codes is each code
        data.lines has {code}
then
    Requesting.respond (request, codes)

sync Counted
when
    Requesting.request (path: "/counted", list) : (request)
where
    few is take(list, 2)
then
    Requesting.respond (request, few)

sync Typed
when
    Requesting.request (path: "/typed", lines: seq of {sku: String, quantity?: Number}) : (request)
where
    skus is each sku
        lines has {sku, quantity}
        quantity > 0
then
    Requesting.respond (request, skus, lines)
`

// TestItems orders with lists of records, right and wrong ones.
func TestItems(t *testing.T) {
	app, err := legible.New(fstest.MapFS{
		"a.app":  {Data: []byte("app Shop\n\nuse Requesting\n")},
		"a.sync": {Data: []byte(orderSyncs)},
	}, requesting.New).Open(t.Context(), legible.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	}()
	const whole = `{"sku":"a","quantity":1,"ship-to":{}}`
	for _, x := range []struct{ path, body, want string }{
		{"/order", `{"lines": []}`, `200 {"ordered":[],"most":0,"lines":[]}`},
		{"/order", `{"lines": [{"sku": "a", "quantity": 1, "ship-to": {"city": "Rome"}, "more": 3}, {"sku": "b", "quantity": 200, "ship-to": {}}, {"sku": "c", "quantity": 2, "note": "n", "ship-to": {}}]}`,
			`200 {"ordered":[{"sku":"a","quantity":1,"note":null,"city":"Rome"},{"sku":"c","quantity":2,"note":"n","city":null}],"most":201,` +
				`"lines":[{"sku":"a","quantity":1,"ship-to":{"city":"Rome"},"more":3},{"sku":"b","quantity":200,"ship-to":{}},{"sku":"c","quantity":2,"note":"n","ship-to":{}}]}`},
		{"/order", `{"lines": [` + whole + `, {"quantity": 1, "ship-to": {}}]}`, `400 {"error":"the field lines[1].sku is missing","field":"lines"}`},
		{"/order", `{"lines": [` + whole + `, {"sku": "b", "quantity": "1", "ship-to": {}}]}`, `400 {"error":"the field lines[1].quantity must be a number, not this text","field":"lines"}`},
		{"/order", `{"lines": [{"sku": "b", "quantity": 1}]}`, `400 {"error":"the field lines[0].ship-to is missing","field":"lines"}`},
		{"/order", `{"lines": [{"sku": "b", "quantity": 1, "ship-to": "x"}]}`, `400 {"error":"the field lines[0].ship-to must be a record, not this text","field":"lines"}`},
		{"/order", `{"lines": [3]}`, `400 {"error":"the field lines[0] must be a record, not a number","field":"lines"}`},
		{"/order", `{"lines": [null]}`, `400 {"error":"the field lines[0] must be there, and is null","field":"lines"}`},
		{"/order", `{"lines": {"sku": "b"}}`, `400 {"error":"the field lines must be a list, not a record","field":"lines"}`},
		{"/find", `{"lines": [{"sku": "b"}, {"sku": "a", "kind": "A"}, {"sku": "a", "kind": "A"}, {}], "wanted": "a"}`, `200 {"counted":3}`},
		{"/find", `{"lines": [{"sku": "b"}, {"kind": "A"}], "wanted": "a"}`, `404 {}`},
		{"/find", `{"lines": [{"sku": "a", "kind": "A", "spoilt": true}], "wanted": "a"}`, `422 {}`},
		{"/find", `{"lines": [{"sku": "a", "kind": "A", "spoilt": true, "note": "eat it"}], "wanted": "a"}`, `200 {"counted":1}`},
		{"/find", `{"lines": [{"sku": "a", "kind": 1}], "wanted": "a"}`, `400 {"error":"the field lines[0].kind must be a text, not a number","field":"lines"}`},
		{"/deep", `{"data": {"lines": [{"code": 1}, {"code": "b"}, {}]}}`, `200 {"codes":[1,"b"]}`},
		{"/deep", `{"data": {}}`, `200 {"codes":[]}`},
		{"/deep", `{"data": {"lines": [3]}}`, `400 {"error":"the field data.lines[…].code does not fit what is made of it: a number has no field or item “code”","field":"data"}`},
		{"/deep", `{"data": {"lines": ["x"]}}`, `400 {"error":"the field data.lines[…].code does not fit what is made of it: a text or a list has no field “code”","field":"data"}`},
		{"/counted", `{"list": [1, "a", 3]}`, `200 {"few":[1,"a"]}`},
		{"/typed", `{"lines": [{"sku": "a", "quantity": 2, "more": 1}, {"sku": "b"}]}`, `200 {"skus":["a"],"lines":[{"sku":"a","quantity":2},{"sku":"b","quantity":null}]}`},
	} {
		w := httptest.NewRecorder()
		app.Handler().ServeHTTP(w, httptest.NewRequest("POST", x.path, strings.NewReader(x.body)))
		if got := strings.TrimSpace(fmt.Sprintf("%d %s", w.Code, w.Body)); got != x.want {
			t.Errorf("%s %s\n gives %s,\n want  %s", x.path, x.body, got, x.want)
		}
	}
}
