// Package archtest checks the structure of the project.
//
// It contains only tests. They have a rule for each package, with the packages
// that it may import; the external libraries, with the packages that may import
// them; limits for the size of files; and the terms that docs/glossary.md replaces,
// which exported names and package comments must not have. A forbidden import fails with the
// reason. The table of packages in ARCHITECTURE.md is generated from the rules.
// The tests do not judge what only a reader can, such as whether a name is good.
package archtest
