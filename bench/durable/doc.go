// Package durable measures what it costs to make a flow durable, compared with
// what the driver of the database needs for the same rows.
//
// One run measures both sides, so that the load of the machine cancels out. Look
// at the ratios that [BenchmarkFlow] reports. No figure fails a test.
package durable
