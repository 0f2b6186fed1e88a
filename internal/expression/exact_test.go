package expression

import (
	"strings"
	"testing"

	"github.com/legible-lang/legible/value"
)

// TestNumbersDoNotBeginAgain holds that what is added and multiplied is floating
// point, however large it grows, and whole as long as it can be.
func TestNumbersDoNotBeginAgain(t *testing.T) {
	with := map[string]value.Value{
		"n": value.Number(4e9), "most": value.Number(1<<53 - 1), "few": value.Number(3), "yes": value.Flag(true),
		"list": value.List([]value.Value{value.Number(4e9), value.Number(4e9)}), "s": value.String("ab"),
	}
	for text, want := range map[string]string{
		`n * n`:                          `16000000000000000000`,
		`-n * n * n`:                     `-6.4e+28`,
		`4000000000 * 4000000000`:        `16000000000000000000`,
		`9223372036854775807 + 1`:        `9223372036854776000`,
		`few + 9223372036854775807`:      `9223372036854776000`,
		`sum(list, # * n)`:               `32000000000000000000`,
		`reduce(list, #acc * #, 1000)`:   `1.6e+22`,
		`most + most + most`:             `27021597764222972`,
		`n * n > 1`:                      `true`,
		`few * few`:                      `9`,
		`(1..9)[few - 1]`:                `3`,
		`(few * few) % 2`:                `1`,
		`len(s) * 2 == 4`:                `true`,
		`(yes ? few + few : 1) == 6`:     `true`,
		`(yes ? s + s : 1) == "abab"`:    `true`,
		`(yes ? s + s : few * few)[1:3]`: `"ba"`,
		`repeat(s, 3)`:                   `"ababab"`,
		`len(repeat(s, 2)) + few`:        `7`,
		`n % 4294967296`:                 `4000000000`,
	} {
		if got, err := eval(t, text, with); err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got.String() != want {
			t.Errorf("%s is %s, wanted %s", text, got, want)
		}
	}
}

// TestTextsDoNotGrowForEver holds that no expression makes a text that the
// memory has no room for.
func TestTextsDoNotGrowForEver(t *testing.T) {
	with := map[string]value.Value{"s": value.String(strings.Repeat("x", 1<<20)), "few": value.Number(3), "n": value.Number(1e6), "half": value.Number(0.5)}
	for text, want := range map[string]string{
		`reduce(1..60, #acc + #acc, "x")`: "the value is too large",
		`repeat(s, n)`:                    "the value is too large",
		`repeat(s, -few)`:                 "“repeat” takes a text and a number that is not negative",
		`repeat(few, 2)`:                  "a text is expected here, but this is a number",
		`few % half`:                      "“%” needs whole numbers below 2 ** 53",
		`few + s`:                         "“+” cannot be used between a number and a text",
	} {
		if got, err := eval(t, text, with); err == nil {
			t.Errorf("%s gives a value of %d bytes", text, len(got.String()))
		} else if err.Error() != want {
			t.Errorf("%s: %v\nwanted %s", text, err, want)
		}
	}
}
