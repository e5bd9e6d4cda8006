package confirm

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// view is what the template shows: a heading with paragraphs, and the question
// while it is open.
type view struct {
	Title, Heading string
	Says           []line
	Asked          *askedView
	Style          template.CSS
}

// line is a line of ours with text of others in it.
type line []span

// span is a piece of a line. Text that is not ours stands between quotation
// marks, and its direction of writing ends with it.
type span struct {
	Text   string
	Quoted bool
}

// askedView is an open question.
type askedView struct {
	Facts         []line
	Changes       []changeView
	Client        line
	Tool          string
	Asked, Until  time.Time
	Address, Form string // where the form goes, and its token
	No, Yes       string // the two choices
	Typed, Hint   string // what is typed instead, and what to say of it
	Echo, Error   string // what was typed and is not that, and what is wrong
}

// changeView is a row of the table of changes.
type changeView struct{ Name, Now, Becomes line }

// spans takes a line apart at the quotations of Quote, which hold no quotation
// mark of their own.
func spans(text string) line {
	var all line
	for text != "" {
		ours, rest, quoted := strings.Cut(text, "“")
		all = append(all, span{Text: ours})
		if !quoted {
			break
		}
		theirs, after, _ := strings.Cut(rest, "”")
		all = append(all, span{Text: theirs, Quoted: true})
		text = after
	}
	return all
}

func lines(texts ...string) []line {
	all := make([]line, len(texts))
	for i, text := range texts {
		all[i] = spans(text)
	}
	return all
}

// unanswered reports whether the question ended without an answer.
func (s sheet) unanswered() bool { return s.ending == expired || s.ending == withdrawn }

// clock shows a time as people here read it.
func clock(t time.Time) string { return t.Local().Format("15:04:05 MST") }

// what names what was asked.
func (s sheet) what() string {
	return fmt.Sprintf("%s in the Okta org %s", s.question.Preview.Action, s.question.Org)
}

// view shows the sheet as it stands.
func (s sheet) view() view {
	message := func(heading string, says ...string) view {
		says = append([]string{"The question was: " + s.what() + "?"}, says...)
		return view{Title: heading + " – " + s.what(), Heading: heading, Says: lines(says...)}
	}
	switch s.ending {
	case approved:
		if s.regretted {
			return message("You said no after a yes", "Your no came after the yes of "+clock(s.ended)+". Unless the call has gone on already, nothing is changed."+remembered)
		}
		goes := "The call goes on when the agent comes for it"
		if !s.until.IsZero() {
			goes += ", until " + clock(s.until) + " at the latest"
		}
		return message("You said yes", "You said yes at "+clock(s.ended)+". "+goes+".", "You can close this page.")
	case declined:
		return message("You said no", "You said no at "+clock(s.ended)+". Nothing was changed.", "You can close this page.")
	case expired:
		return message("This question has expired", "It was open until "+clock(s.until)+", and nobody answered. Nothing was changed.", "An answer is only taken by a new question, which the agent can ask.")
	case withdrawn:
		return message("This question was withdrawn", "At "+clock(s.ended)+", before anybody answered, what it was about changed, you answered no to such a question, or the program that asked was ended. Nothing was changed.", "You can close this page.")
	}
	return s.viewOpen()
}

// viewTooLate shows a sheet to whoever sent an answer after its end; no is one
// that says something new.
func (s sheet) viewTooLate(no bool) view {
	v := s.view()
	late := "What you have just sent does not count: this question was answered already."
	switch {
	case no && s.ending == approved:
		return v
	case no:
		late = "Your no came too late for this question, and is remembered." + remembered
	case s.unanswered():
		late = "What you have just sent does not count: it came too late."
	}
	v.Says = append(lines(late), v.Says...)
	return v
}

const remembered = " The agent cannot ask this again for ten minutes."

// viewAgain shows the open question after a form that is no answer to it.
func (s sheet) viewAgain(typed string) view {
	v := s.viewOpen()
	v.Title = "Not answered yet: " + v.Title
	v.Asked.Echo = typed
	switch {
	case v.Asked.Typed == "":
		v.Asked.Error = "Choose one of the two answers."
	case typed == "":
		v.Asked.Error = "Nothing was typed."
	default:
		v.Asked.Error = "That is not exactly what must be typed: every letter counts, capitals and spaces too."
	}
	v.Asked.Error += " Nothing was changed, and the question is still open."
	return v
}

func (s sheet) viewOpen() view {
	q := s.question
	a := &askedView{
		Client: spans(Quote(q.Client)), Tool: q.Tool, Asked: s.asked, Until: s.until, Address: pagePath + s.token, Form: s.form,
	}
	a.No, a.Yes = q.options()
	a.Typed, a.Hint = q.typed()
	for _, t := range q.Preview.Targets {
		a.Facts = append(a.Facts, spans(targetLine(t)))
	}
	for _, d := range q.Preview.Details {
		a.Facts = append(a.Facts, spans(detailLine(d)))
	}
	for _, d := range q.Preview.Changes {
		a.Changes = append(a.Changes, change(d))
	}
	v := view{Title: "Approve? " + s.what(), Heading: s.what() + "?", Says: lines(q.Preview.Consequence...), Asked: a}
	if q.Preview.Raised != "" {
		v.Says = append(lines("Asked because "+q.Preview.Raised+"."), v.Says...)
	}
	return v
}

// change says what deltaLine says, in three cells.
func change(d Delta) changeView {
	now, becomes := Quote(d.Before), Quote(d.After)
	switch {
	case d.Item && d.Before == "":
		now, becomes = "a list", "gains "+becomes
	case d.Item:
		now, becomes = "a list", "loses "+now
	case d.Before == "":
		now = "not set"
	case d.After == "":
		becomes = "cleared"
	}
	if !d.Item {
		becomes += unseen(d)
	}
	return changeView{Name: spans(Quote(d.Name)), Now: spans(now), Becomes: spans(becomes)}
}

func message(heading string, says ...string) view {
	return view{Title: heading + " – okta-mcp", Heading: heading, Says: lines(says...)}
}

func unknown() view {
	return message("There is no question here", "It may have been answered long ago, or belong to a program that was ended since. Nothing was changed.")
}

func forbidden() view {
	return message("This was not taken as an answer", "It did not come from the page of the question itself. Nothing was changed, and a question that is open stays open.",
		"To answer, use the page that the program opened, and send it from there.")
}

func wrongHost() view {
	return message("This is the wrong address", "Questions are shown only under the address that the program opened. Nothing was changed.")
}

func wrongMethod() view {
	return message("This cannot be done here", "A page can be looked at and its form sent, and nothing else. Nothing was changed.")
}
