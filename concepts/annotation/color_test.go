package annotation

import (
	"strings"
	"testing"
)

// Each line is a word of what follows, then texts between bars.
const colors = `
yes | red | RebeccaPurple | transparent | currentcolor | yellowgreen | aliceblue | whitesmoke | brown | burlywood
yes | #fff | #FFF8 | #fff176 | #fff17680
yes | rgb(1,2,3) | rgb( 1 , 2 , 3 ) | RGB(255,0,0) | rgba(1,2,3,0.4) | rgba(1,2,3,.4) | rgb(1,2,3,40%) | rgb(10%,20%,30%) | rgb(1.5,-2,+300)
yes | rgb(1 2 3) | rgb(1 2 3 / 50%) | rgb(1 2 3/.5) | rgb(none 20% 3 / none) | rgb(1e2 2 3)
yes | hsl(120,100%,50%) | hsla(120deg,100%,50%,.3) | hsl(0.5turn 100% 50%) | hsl(-2rad 100% 50% / 10%) | hsl(120 100 50) | hsl(none none none)
yes | hwb(120 10% 20%) | hwb(0.3turn 1 2 / 50%) | lab(50% 40 59.5) | lch(52.2% 72.2 50) | lch(50 none 0.5turn/.5) | oklab(59% .1 .1) | oklch(60% .15 50deg / 0.5)
yes | color(srgb 1 1 1) | color( display-p3 0.4 50% none / 20%) | COLOR(xyz-d50 .1 .2 .3) | Canvas | accentcolortext | ButtonFace
no  | hwb(120,10%,20%) | hwb(1% 2% 3%) | hwba(1 2 3) | lab(50% 40deg 59) | lab(1,2,3) | lch(50deg 1 2) | oklch(1 2 3%) | oklab(1 2)
no  | color(1 1 1) | color(srgb) | color(srgb 1 1) | color(srgb 1 1 1 1) | color(--mine 1 1 1) | color(srgb,1,1,1) | color(srgb 1deg 1 1) | color-mix(in srgb, red, blue)
no  | xyz(1 2 3) | srgb(1 1 1) | light-dark(red, blue) | rgb(from red r g b) | canvas text | background | none none
no  | r ed | redd | inherit | initial | none | var(--x) | red blue | red; | red/**/ | url(x) | transparentcurrentcolor
no  | # | #ff | #fffff | #fffffff | #fffffffff | #ggg | fff | #fff; | ##fff
no  | rgb() | rgb(1) | rgb(1,2) | rgb(1,2,3,4,5) | rgb(1,2%,3) | rgb(1 2,3) | rgb(1,2,3 | rgb 1,2,3) | rgb (1,2,3) | rgb(1,2,3)) | rgb(a,b,c)
no  | rgb(1,,3) | rgb(1,2,3,) | rgb(1,2,3,none) | rgb(1 2 3 /) | rgb(1 2 3 / 1 / 1) | rgb(1 2 3 4) | rgb(1. 2 3) | rgb(1px 2 3) | rgb(calc(1) 2 3) | rgb(1 2 3)x
no  | hsl(1,2,3) | hsl(1deg 2deg 3%) | hsl(1em 2% 3%) | hsl(50%,1%,1%) | hsl(1,2%)
no  | rgb(1,2,3)} body{display:none | expression(alert(1)) | javascript:red
`

func TestColors(t *testing.T) {
	n := 0
	for line := range strings.Lines(strings.TrimSpace(colors)) {
		word, rest, _ := strings.Cut(line, "|")
		for text := range strings.SplitSeq(rest, "|") {
			text = strings.TrimSpace(text)
			n++
			if got, want := isColor(text), strings.TrimSpace(word) == "yes"; got != want {
				t.Errorf("%q is a color: %v, want %v", text, got, want)
			}
		}
	}
	for _, text := range []string{"", " ", " red", "red\n", "rgb(1\t2\n3)", "rgb(1,\n2,3)", "réd", "rgb(" + strings.Repeat(" ", 64) + "1,2,3)", strings.Repeat("red ", 1000)} {
		if isColor(text) {
			t.Errorf("%q is a color", text)
		}
	}
	if words := strings.Fields(named); len(words) != 150 {
		t.Errorf("there are %d names of colors, want the 148 of CSS, transparent and currentcolor", len(words))
	}
	for word := range strings.FieldsSeq(named) {
		if !isColor(word) || !isColor(strings.ToUpper(word)) {
			t.Errorf("%q is no color", word)
		}
	}
}

const locations = `
yes | epubcfi(/6/4) | epubcfi(/6/4!/4/10) | epubcfi(/6/14[xchapter_001]!/4/2/4,/1:5,/3:20) | epubcfi(/6/4[chap01ref]!/4[body01]/10[para05]/3:10)
yes | epubcfi(/6/4!/4/2~2.5@50:50) | epubcfi(/6/4!/4/2:3[yyy]) | epubcfi(/6/4[a^]b^^^(c^)]!/4) | epubcfi(/6/4[größe]!/4/1:0)
no  | page 12 | epubcfi() | epubcfi(6/4) | epubcfi(/6/4 | /6/4 | epubcfi(/6/4)) | epubcfi((/6/4)) | epubcfi(/6/4[a) | epubcfi(/6/4]a[)
no  | epubcfi(/6/4,/1:0) | epubcfi(/6/4,/1,/2,/3) | epubcfi(/6/4[a^) | epubcfi(/6/^4) | epubcfi(/6/4[a[b]]) | epubcfi(/6/4[a(b]) | epubcfi(/a) | EPUBCFI(/6/4)
no  | epubcfi(/6/4);x | xepubcfi(/6/4) | epubcfi(/6 /4) | epubcfi(/6/4<b>)
`

func TestLocations(t *testing.T) {
	for line := range strings.Lines(strings.TrimSpace(locations)) {
		word, rest, _ := strings.Cut(line, "|")
		for text := range strings.SplitSeq(rest, "|") {
			text = strings.TrimSpace(text)
			if got, want := isLocation(text), strings.TrimSpace(word) == "yes"; got != want {
				t.Errorf("%q is a location: %v, want %v", text, got, want)
			}
		}
	}
	for _, text := range []string{"", "epubcfi(/6/4[a\nb])", "epubcfi(/6/4[a\x00b])", "epubcfi(/6/4[a\xffb])", "epubcfi(" + strings.Repeat("/2", 1000) + ")"} {
		if isLocation(text) {
			t.Errorf("%q is a location", text)
		}
	}
}
