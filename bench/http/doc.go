// Package http measures what a flow costs over HTTP, compared with a net/http
// handler that reads a JSON object and sends it back.
//
// There is nothing in it but benchmarks. Each run serves the handler and the
// front on the same machine to the same clients, one after the other, so that
// the machine's mood cancels out; the figures to look at are the ratios
// (of-echo). The clients speak HTTP by hand over kept connections, as a client
// that costs more than the server would hide what is measured. It refuses to
// judge: no figure fails a test.
package http
