// Package engine measures what a flow costs in the engine alone: without HTTP,
// without a disk, with concepts that do almost nothing.
//
// Its benchmarks are the login flow of four actions, the same flow among
// thousands of other syncs and after a million other flows, and flows of
// growing length. What is compared is measured in one run, so that the ratio
// holds on a shared machine. It promises figures and refuses verdicts: no
// benchmark fails because it was slow. docs/reference/figures.md has the
// figures and how they were got.
package engine
