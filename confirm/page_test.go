package confirm_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-mcp/confirm"
)

func TestAYesOnThePageIsAConsent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		request confirm.Request
		fields  url.Values
	}{{deactivate(), choose("proceed")}, {erase(), typed("bob@acme.example")}} {
		d := newDesk(t)
		g, _ := gate(d.page)
		tickets := make(chan *confirm.Ticket)
		go func() {
			ticket, err := g.Ask(t.Context(), c.request)
			if err != nil {
				t.Error(err)
			}
			tickets <- ticket
		}()
		a := &asked{desk: d, address: <-d.opened}
		sent := a.submit(c.fields)
		if at := sent.header.Get("Location"); sent.status != http.StatusSeeOther || !strings.HasSuffix(a.address, at) || at == "" {
			t.Fatalf("a yes is answered with %d to %q, want the page itself", sent.status, at)
		}
		if ticket := <-tickets; ticket != nil {
			if consent := mustConsent(t, g, c.request, *ticket); consent.By != "browser" {
				t.Errorf("the consent is by %q", consent.By)
			}
		}
		a.get().mustSay(http.StatusOK, "You said yes at ", "The call goes on when the agent comes for it, until ", "You can close this page.")
	}
}

func TestANoOnThePageIsADecline(t *testing.T) {
	t.Parallel()
	for _, r := range []confirm.Request{deactivate(), erase()} {
		a := newDesk(t).ask(question(r))
		a.submit(choose("refuse")).mustSay(http.StatusSeeOther)
		a.mustGet(decline())
		a.get().mustSay(http.StatusOK, "You said no at ", "Nothing was changed.", r.Preview.Action+" in the Okta org acme.okta.com?")
	}
}

// What is no exact answer is none: the page is shown again and stays open.
func TestOnlyTheExactAnswerOnAPageCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		request confirm.Request
		right   url.Values
		wrong   []url.Values
	}{
		"choice": {deactivate(), choose("proceed"), []url.Values{
			nil, choose(""), choose("Proceed"), choose("proceed "), choose("yes"), typed("bob@acme.example"), typed("proceed"),
			{"decision": {"refuse", "proceed"}}, {"decision": {"proceed", "proceed"}}, {"Decision": {"proceed"}}, {"decision[]": {"proceed"}},
			{"decision": {"proceed"}, "note": {""}}, {"decision": {"proceed"}, "type_to_confirm": {"bob@acme.example"}},
		}},
		"typed": {erase(), typed("bob@acme.example"), []url.Values{
			nil, typed(""), typed("bob"), typed("Bob@acme.example"), typed("bob@acme.example "), typed(" bob@acme.example"), typed("“bob@acme.example”"), typed("bob@acme.exаmple"),
			choose("proceed"), choose(""), {"type_to_confirm": {"bob@acme.example", "bob@acme.example"}},
			{"type_to_confirm": {"bob@acme.example"}, "decision": {"refuse"}}, {"type_to_confirm": {"bob@acme.example"}, "decision": {"proceed"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newDesk(t).ask(question(c.request))
			for _, fields := range c.wrong {
				again := a.submit(fields)
				again.mustSay(http.StatusUnprocessableEntity, "Nothing was changed, and the question is still open.", "All access ends.")
				mustPointAtTheError(again)
			}
			a.mustBeOpen()
			a.submit(c.right).mustSay(http.StatusSeeOther)
			a.mustGet(confirm.Reply{Action: "accept", Content: map[string]any{strings.Split(c.right.Encode(), "=")[0]: c.right[strings.Split(c.right.Encode(), "=")[0]][0]}})
		})
	}
}

// mustPointAtTheError fails unless a screen reader ties the error to the field.
func mustPointAtTheError(s shown) {
	s.t.Helper()
	described := 0
	for _, node := range s.all("") {
		if attribute(node, "aria-invalid") == "true" && strings.HasSuffix(attribute(node, "aria-describedby"), "error") {
			described++
		}
		if attribute(node, "id") == "error" && attribute(node, "role") == "alert" && text(node) != "" {
			described++
		}
	}
	if described != 2 || !strings.HasPrefix(text(s.all("title")[0]), "Not answered yet: ") {
		s.t.Fatalf("the error is not tied to its field:\n%s", s.body)
	}
}

func TestWhatWasTypedWrongIsThereToMend(t *testing.T) {
	t.Parallel()
	a := newDesk(t).ask(question(erase()))
	for _, text := range hostile() {
		if strings.ContainsAny(text, "\x00\r") || len(text) > 1<<10 {
			continue // no browser sends these from a field of one line, and a form has its size
		}
		again := a.submit(typed(text))
		if got := attribute(again.field("type_to_confirm"), "value"); got != strings.ToValidUTF8(text, "\uFFFD") && got != text {
			t.Errorf("%q is shown as %q", text, got)
		}
	}
	a.mustBeOpen()
}

func TestAnAnswerCountsOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		first string
		want  confirm.Reply
		says  string
	}{{"proceed", yes(), "You said yes at "}, {"refuse", decline(), "You said no at "}} {
		a := newDesk(t).ask(question(deactivate()))
		one, other := a.get().token(), a.get().token() // two tabs
		a.send(a.submission(one, choose(c.first))).mustSay(http.StatusSeeOther)
		a.mustGet(c.want)
		for _, later := range []url.Values{choose("proceed"), choose(c.first), nil} {
			a.send(a.submission(other, later)).mustSay(http.StatusConflict, "does not count: this question was answered already", c.says)
		}
		if again := a.get(); !again.says(c.says) || len(again.all("form")) != 0 {
			t.Errorf("after %s, the page is\n%s", c.first, text(again.tree))
		}
	}
}

func TestOfAnswersAtTheSameTimeOneCounts(t *testing.T) {
	t.Parallel()
	a := newDesk(t).ask(question(deactivate()))
	token := a.get().token()
	counted := make(chan string, 20)
	var all sync.WaitGroup
	for i := range cap(counted) {
		option := []string{"proceed", "refuse"}[i%2]
		all.Go(func() {
			switch got := a.send(a.submission(token, choose(option))); got.status {
			case http.StatusSeeOther:
				counted <- option
			case http.StatusConflict:
			default:
				t.Errorf("an answer got %d", got.status)
			}
		})
	}
	all.Wait()
	close(counted)
	first := <-counted
	a.mustGet(map[string]confirm.Reply{"proceed": yes(), "refuse": decline()}[first])
	if second, more := <-counted; more {
		t.Errorf("%s counted, and %s too", first, second)
	}
}

func TestTwoHundredQuestionsAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	answers := map[string]chan answer{}
	for i := range 200 {
		r := erase()
		r.Preview.Targets[0].Name = fmt.Sprintf("person%d@acme.example", i)
		mine := make(chan answer, 1)
		answers[r.Preview.Targets[0].Name] = mine
		go func() {
			reply, err := d.page.Ask(t.Context(), question(r))
			mine <- answer{reply, err}
		}()
	}
	var all sync.WaitGroup
	for range 200 {
		a := &asked{desk: d, address: <-d.opened}
		all.Go(func() {
			page := a.get()
			a.send(a.submission(page.token(), typed(text(page.all("strong")[0])))).mustSay(http.StatusSeeOther)
		})
	}
	all.Wait()
	for name, mine := range answers {
		(&asked{desk: d, answers: mine}).mustGet(typing(name))
	}
	if n := len(d.taken); n != 200 {
		t.Errorf("%d of 200 addresses were taken back from the disk", n)
	}
}

func TestAnExpiredQuestionSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.ask(question(deactivate()))
	token := a.get().token()
	d.clock.pass(5 * time.Minute) // as a machine that slept wakes up: the context has not noticed
	a.send(a.submission(token, choose("proceed"))).mustSay(http.StatusGone, "it came too late", "This question has expired")
	a.mustFail(context.DeadlineExceeded)
	a.get().mustSay(http.StatusGone, "This question has expired", "It was open until ", "Nothing was changed.")

	a = d.ask(question(deactivate()))
	d.clock.pass(5 * time.Minute)
	a.get().mustSay(http.StatusGone, "This question has expired")
	a.mustFail(context.DeadlineExceeded)

	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if reply, err := d.page.Ask(ctx, question(deactivate())); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("after the context's deadline: %+v, %v", reply, err)
	}
	a.address = <-d.opened
	a.get().mustSay(http.StatusGone, "This question has expired")
}

func TestAnAnswerThatArrivesTooSlowlyDoesNotCount(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.ask(question(deactivate()))
	request := a.submission(a.get().token(), choose("proceed"))
	request.Header.Set("Expect", "100-continue")
	hooks := &httptrace.ClientTrace{Got100Continue: func() { d.clock.pass(5 * time.Minute) }} // the head is there, and the form is not
	a.send(request.WithContext(httptrace.WithClientTrace(t.Context(), hooks))).mustSay(http.StatusGone, "it came too late")
	a.mustFail(context.DeadlineExceeded)
}

func TestAWithdrawnQuestionSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.ask(question(deactivate()))
	token := a.get().token()
	a.withdraw()
	a.send(a.submission(token, choose("proceed"))).mustSay(http.StatusGone, "it came too late", "This question was withdrawn")
	a.get().mustSay(http.StatusGone, "This question was withdrawn", "Nothing was changed.")
}

func TestClosingWithdrawsWhatIsOpen(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.ask(question(deactivate()))
	d.page.Close()
	if len(d.taken) != 1 {
		t.Error("the address is still on the disk")
	}
	a.mustFail(context.Canceled)
	if response, err := d.client.Get(a.address); err == nil {
		_ = response.Body.Close()
		t.Error("the page is still served")
	}
	if ok, why := d.page.Can(t.Context()); ok || why == "" {
		t.Errorf("a closed page can ask: %v %q", ok, why)
	}
	if _, err := d.page.Ask(t.Context(), question(deactivate())); err == nil {
		t.Error("a closed page asks")
	}
	d.page.Close()
	confirm.NewPage(confirm.PageOptions{}).Close()
}

// The program ends after Close, and nobody would take the address back then.
func TestCloseWaitsUntilNoAddressIsOnTheDisk(t *testing.T) {
	t.Parallel()
	opened, removed := make(chan bool), false
	p := confirm.NewPage(confirm.PageOptions{Open: func(address string) (func(), error) {
		close(opened)
		return func() {
			host := strings.Split(address, "/")[2]
			for connection, err := net.Dial("tcp", host); err == nil; connection, err = net.Dial("tcp", host) {
				_ = connection.Close() // until the server has stopped, which is the last thing that Close does otherwise
			}
			removed = true
		}, nil
	}})
	ended := make(chan error)
	go func() {
		_, err := p.Ask(t.Context(), question(deactivate()))
		ended <- err
	}()
	<-opened
	p.Close()
	if !removed {
		t.Error("the page is closed, and the address still on the disk")
	}
	<-ended
}

func TestThePageAsksWhereADesktopIs(t *testing.T) {
	t.Parallel()
	p := confirm.NewPage(confirm.PageOptions{Desktop: func() (bool, string) { return false, "this is a remote session" }})
	if ok, why := p.Can(t.Context()); ok || why != "this is a remote session" || p.Name() != "browser" {
		t.Errorf("%s: %v %q", p.Name(), ok, why)
	}
	if ok, why := newDesk(t).page.Can(t.Context()); !ok {
		t.Errorf("with a desktop, the page cannot ask: %s", why)
	}
}

func TestTheAddressLeavesTheDiskOnceThePageIsFetched(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.ask(question(deactivate()))
	a.send(a.request(http.MethodHead, a.address, ""))
	a.send(a.request(http.MethodGet, a.address+"x", ""))
	if len(d.taken) != 0 {
		t.Fatal("the address was taken back before a browser had the page")
	}
	a.get()
	select {
	case <-d.taken:
	case <-time.After(time.Minute):
		t.Fatal("a browser has the page, and the address stays on the disk")
	}
	a.submit(choose("proceed"))
	a.mustGet(yes())
	if len(d.taken) != 0 {
		t.Fatal("the address was taken back twice")
	}
}

// Whoever has the address can answer, and an error goes to the agent.
func TestABrowserThatCannotBeOpenedIsAnErrorWithoutTheAddress(t *testing.T) {
	t.Parallel()
	for problem, told := range map[string]bool{"xdg-open failed: exit status 3": true, "opening %s failed": false, `C:\Users\ada\x.html is in the way`: false} {
		d, taken, address := newDesk(t), 0, ""
		p := confirm.NewPage(confirm.PageOptions{Open: func(at string) (func(), error) {
			address = at
			return func() { taken++ }, errors.New(strings.Replace(problem, "%s", at, 1))
		}})
		t.Cleanup(p.Close)
		_, err := p.Ask(t.Context(), question(deactivate()))
		if err == nil || strings.ContainsAny(err.Error(), `/\`) || strings.Contains(err.Error(), problem) != told || taken != 1 {
			t.Errorf("the error is %v; taken back %d times", err, taken)
		}
		d.send(d.request(http.MethodGet, address, "")).mustSay(http.StatusGone, "withdrawn")
	}
}

func TestAPageThatWasFetchedIsOpenWhateverTheOpenerSays(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var a *asked
	p := confirm.NewPage(confirm.PageOptions{Open: func(address string) (func(), error) {
		a = &asked{desk: d, address: address}
		a.submit(choose("proceed"))
		return nil, errors.New("exit status 1")
	}})
	t.Cleanup(p.Close)
	if reply, err := p.Ask(t.Context(), question(deactivate())); err != nil || reply.Action != "accept" {
		t.Errorf("the answer is %+v, %v", reply, err)
	}
}

func TestALateVisitorIsToldForAnHour(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	a := d.ask(question(deactivate()))
	a.submit(choose("proceed"))
	a.mustGet(yes())
	d.clock.pass(time.Hour - time.Second)
	d.ask(question(deactivate()))
	a.get().mustSay(http.StatusOK, "You said yes at ")
	d.clock.pass(time.Second)
	d.ask(question(deactivate()))
	a.get().mustSay(http.StatusNotFound, "There is no question here")
}

func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first, second := d.ask(question(deactivate())), d.ask(question(deactivate()))
	second.withdraw()
	d.clock.pass(time.Second)
	first.withdraw()
	for range 1023 {
		d.ask(question(deactivate()))
	}
	second.get().mustSay(http.StatusNotFound)
	first.get().mustSay(http.StatusGone)
	last := d.ask(question(deactivate()))
	first.get().mustSay(http.StatusNotFound)
	last.get().mustSay(http.StatusOK)
	if _, err := d.page.Ask(t.Context(), question(deactivate())); err == nil {
		t.Error("a page more than fit was asked")
	}
	last.withdraw()
	d.ask(question(deactivate())).mustBeOpen()
}
