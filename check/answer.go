package check

// An Answer is a line that may answer a request.
type Answer struct {
	Ask *Ask
}

func answerOf(a *Ask) *Answer { return &Answer{Ask: a} }

func (f *findings) doors() {}

// A RequestField is a field that syncs name of a request.
type RequestField struct {
	Name string
}
