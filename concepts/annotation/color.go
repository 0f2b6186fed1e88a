package annotation

import (
	"regexp"
	"slices"
	"strings"
)

// maxColor is the maximum size of a color in bytes; the longest meaningful
// color is far shorter.
const maxColor = 64

var (
	hexColor   = regexp.MustCompile(`^#([0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8})$`)
	function   = regexp.MustCompile(`^([a-z]+)\(([^()]*)\)$`)
	number     = regexp.MustCompile(`^[+-]?([0-9]+|[0-9]*\.[0-9]+)(e[+-]?[0-9]+)?$`)
	percentage = regexp.MustCompile(`^[+-]?([0-9]+|[0-9]*\.[0-9]+)(e[+-]?[0-9]+)?%$`)
	hue        = regexp.MustCompile(`^[+-]?([0-9]+|[0-9]*\.[0-9]+)(e[+-]?[0-9]+)?(deg|grad|rad|turn)?$`)
)

// components are the arguments of each color function: n is a number or a
// percentage, h is a hue. color() takes the name of a space first.
var components = map[string]string{
	"rgb": "nnn", "rgba": "nnn", "hsl": "hnn", "hsla": "hnn", "hwb": "hnn",
	"lab": "nnn", "lch": "nnh", "oklab": "nnn", "oklch": "nnh", "color": "nnn",
}

// spaces are the predefined spaces of color().
var spaces = []string{
	"srgb", "srgb-linear", "display-p3", "display-p3-linear", "a98-rgb", "prophoto-rgb", "rec2020", "xyz", "xyz-d50", "xyz-d65",
}

// isColor reports whether a text is a color of CSS Color 4: a name, digits
// after #, or one of the functions, rgb() and hsl() also in the older form with
// commas. It rejects comments, variables, other colors and calculations, as a
// style sheet uses the color unchanged.
func isColor(text string) bool {
	if len(text) > maxColor {
		return false
	}
	text = strings.ToLower(text)
	if isNamed(text) || hexColor.MatchString(text) {
		return true
	}
	f := function.FindStringSubmatch(text)
	if f == nil || components[f[1]] == "" {
		return false
	}
	name, in := f[1], f[2]
	if older := strings.TrimSuffix(name, "a"); strings.ContainsRune(in, ',') {
		return (older == "rgb" || older == "hsl") && isOlder(older, strings.Split(in, ","))
	}
	if name == "color" {
		space, rest, _ := strings.Cut(strings.Trim(in, " "), " ")
		if !slices.Contains(spaces, space) {
			return false
		}
		in = rest
	}
	return isNewer(components[name], in)
}

// isOlder checks three or four parts between commas: for rgb() all are numbers
// or all percentages.
func isOlder(name string, parts []string) bool {
	if len(parts) != 3 && len(parts) != 4 {
		return false
	}
	for i := range parts {
		parts[i] = strings.Trim(parts[i], " ")
	}
	if len(parts) == 4 && !isAlpha(parts[3]) {
		return false
	}
	all := func(parts []string, what *regexp.Regexp) bool {
		return !slices.ContainsFunc(parts, func(p string) bool { return !what.MatchString(p) })
	}
	if name == "hsl" {
		return hue.MatchString(parts[0]) && all(parts[1:3], percentage)
	}
	return all(parts[:3], number) || all(parts[:3], percentage)
}

// isNewer checks components between spaces, each of which may be “none”, and
// the alpha after a slash.
func isNewer(components, text string) bool {
	text, alpha, hasAlpha := strings.Cut(text, "/")
	if alpha = strings.Trim(alpha, " "); hasAlpha && alpha != "none" && !isAlpha(alpha) {
		return false
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' })
	if len(parts) != len(components) {
		return false
	}
	for i, p := range parts {
		switch {
		case p == "none":
		case components[i] == 'h':
			if !hue.MatchString(p) {
				return false
			}
		case !number.MatchString(p) && !percentage.MatchString(p):
			return false
		}
	}
	return true
}

func isAlpha(text string) bool { return number.MatchString(text) || percentage.MatchString(text) }

// isNamed reports whether a word is a CSS color name.
func isNamed(word string) bool {
	return word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" && strings.Contains(" "+named+" "+system+" ", " "+word+" ")
}

const named = "transparent currentcolor " +
	"aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown " +
	"burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan " +
	"darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid " +
	"darkred darksalmon darkseagreen darkslateblue darkslategray darkslategrey darkturquoise darkviolet " +
	"deeppink deepskyblue dimgray dimgrey dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro " +
	"ghostwhite gold goldenrod gray green greenyellow grey honeydew hotpink indianred indigo ivory khaki " +
	"lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow " +
	"lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray " +
	"lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine " +
	"mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen mediumturquoise " +
	"mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy oldlace olive olivedrab " +
	"orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru " +
	"pink plum powderblue purple rebeccapurple red rosybrown royalblue saddlebrown salmon sandybrown " +
	"seagreen seashell sienna silver skyblue slateblue slategray slategrey snow springgreen steelblue tan " +
	"teal thistle tomato turquoise violet wheat white whitesmoke yellow yellowgreen"

// system are the colors of the user's own screen.
const system = "accentcolor accentcolortext activetext buttonborder buttonface buttontext canvas canvastext field " +
	"fieldtext graytext highlight highlighttext linktext mark marktext selecteditem selecteditemtext visitedtext"
