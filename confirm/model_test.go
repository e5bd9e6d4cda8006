package confirm_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"okta-mcp/confirm"
)

// model is what the gate must do, said as simply as possible: a list of all that
// was asked and of all that was refused.
type model struct {
	t     *testing.T
	rng   *rand.Rand
	gate  *confirm.Gate
	clock *clock
	reply confirm.Reply // of the asker; without an action, the answer comes later

	asked    []asking
	refusals []refusing
	consents int
}

type asking struct {
	request confirm.Request
	at      time.Time
	seal    string
	open    bool
}

type refusing struct {
	caller, tool, target, action string
	at                           time.Time
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{t: t, rng: rand.New(rand.NewPCG(seed, 1)), clock: newClock()}
	answers := later()
	asks := answers.answer
	answers.answer = func(ctx context.Context, q confirm.Question) (confirm.Reply, error) {
		if m.reply.Action == "" {
			return asks(ctx, q)
		}
		return m.reply, nil
	}
	m.gate = confirm.NewGate(confirm.Options{Askers: []confirm.Asker{answers}, Now: m.clock.now})
	return m
}

// TestAgainstAModel runs random operations against the gate and the model. What
// it holds above all: a consent is returned only for a fresh and exact yes to the
// very same call, and never twice for one question.
func TestAgainstAModel(t *testing.T) {
	t.Parallel()
	consents := 0
	for seed := range uint64(60) {
		m := newModel(t, seed)
		for step := 0; step < 200 && !t.Failed(); step++ {
			m.step()
		}
		if t.Failed() {
			t.Fatalf("with the seed %d", seed)
		}
		consents += m.consents
	}
	if consents < 200 {
		t.Errorf("only %d consents were given in all, so little is proven", consents)
	}
}

func (m *model) step() {
	switch n := m.rng.IntN(20); {
	case n < 6:
		m.reply = confirm.Reply{}
		m.ask()
	case n < 8:
		m.reply = m.anyReply(m.anyRequest())
		m.ask()
	case n < 15:
		m.redeem()
	case n < 16:
		m.forge()
	case n < 17:
		m.drop()
	default:
		m.clock.pass(time.Duration(m.rng.IntN(200)) * time.Second)
	}
}

func (m *model) anyRequest() confirm.Request {
	r := deactivate()
	if m.rng.IntN(3) == 0 {
		r = erase()
	}
	r.Caller = []string{"ada", "bob"}[m.rng.IntN(2)]
	r.Preview.Targets[0].ID = []string{"00uOne456789012345aa", "00uTwo456789012345aa", "00uSix456789012345aa"}[m.rng.IntN(3)]
	if m.rng.IntN(4) == 0 {
		r.Preview.State = m.rng.IntN(2)
	}
	if m.rng.IntN(6) == 0 {
		r.Args = m.rng.IntN(2)
	}
	return r
}

func (m *model) anyReply(r confirm.Request) confirm.Reply {
	right := yes()
	if r.Preview.Typed {
		right = typing(r.Preview.Targets[0].Name)
	}
	if m.rng.IntN(3) > 0 {
		return right
	}
	wrong := []confirm.Reply{decline(), {Action: "cancel"}, chosenNo(), {Action: "accept"}, yes(), typing("bob"), {Action: "approve", Content: right.Content}}
	return wrong[m.rng.IntN(len(wrong))]
}

// exact says what the reply is to the request's question: "" for a yes.
func exact(r confirm.Request, reply confirm.Reply) string {
	right := yes()
	if r.Preview.Typed {
		right = typing(r.Preview.Targets[0].Name)
	}
	switch {
	case reply.Action == "decline" || reply.Action == "cancel":
		return reply.Action
	case reflect.DeepEqual(reply, chosenNo()):
		return "refuse"
	case reflect.DeepEqual(reply, right):
		return ""
	}
	return "invalid"
}

func (m *model) standing(r confirm.Request) string {
	for _, f := range slices.Backward(m.refusals) {
		if f.caller == r.Caller && f.tool == r.Tool && f.target == r.Preview.Targets[0].ID && m.clock.now().Sub(f.at) < 10*time.Minute {
			return f.action
		}
	}
	return ""
}

func (m *model) refuse(r confirm.Request, action string) {
	m.refusals = append(m.refusals, refusing{r.Caller, r.Tool, r.Preview.Targets[0].ID, action, m.clock.now()})
}

func (m *model) ask() {
	r := m.anyRequest()
	want, open, mine := m.standing(r), 0, 0
	for _, a := range m.asked {
		age := m.clock.now().Sub(a.at)
		if a.open && age < 5*time.Minute {
			open++
		}
		if a.request.Caller == r.Caller && age < 10*time.Minute {
			mine++
		}
	}
	if want == "" && (open >= 16 || mine >= 10) {
		want = "unasked"
	}
	given, err := m.gate.Ask(m.t.Context(), r)
	var later *confirm.InputRequired
	errors.As(err, &later)
	if want != "" {
		m.compare("asking", want, err)
		return
	}
	a := asking{request: r, at: m.clock.now(), open: true}
	m.asked = append(m.asked, a)
	last := &m.asked[len(m.asked)-1]
	switch no := exact(r, m.reply); {
	case m.reply.Action == "" && later != nil:
		last.seal = later.Seal
	case m.reply.Action == "":
		m.t.Errorf("asking: got %v, want a question for the client to ask", err)
	case no == "decline" || no == "cancel" || no == "refuse":
		last.open = false
		m.refuse(r, no)
		m.compare("asking", no, err)
	case err != nil:
		m.t.Errorf("asking: got %v, want the answered ticket", err)
	default:
		last.seal = given.Seal
	}
}

// redeem answers one question ever asked, open or not, for its own request or
// another.
func (m *model) redeem() {
	if len(m.asked) == 0 {
		return
	}
	a := &m.asked[m.rng.IntN(len(m.asked))]
	if m.rng.IntN(2) == 0 {
		a = &m.asked[len(m.asked)-1]
	}
	r := a.request
	if m.rng.IntN(4) == 0 {
		r = m.anyRequest()
	}
	reply := m.anyReply(r)
	age := m.clock.now().Sub(a.at)
	if age >= time.Hour { // such a seal may be let go, and then is not told from a used one
		a.open = false
		if _, err := m.gate.Redeem(r, ticket(a.seal, yes())); err == nil {
			m.t.Error("a seal of an hour ago is good")
		}
		return
	}
	no := exact(r, reply)
	want := no
	switch {
	case a.seal == "" || !a.open:
		want = "forged"
	case a.request.Caller != r.Caller:
		want = "changed"
	case no == "decline" || no == "cancel" || no == "refuse":
		m.refuse(a.request, no)
	case age >= 5*time.Minute:
		want = "expired"
	case !reflect.DeepEqual(a.request, r):
		want = "changed"
	case m.standing(r) != "":
		want = m.standing(r)
	}
	a.open = false
	_, err := m.gate.Redeem(r, ticket(a.seal, reply))
	m.compare(fmt.Sprintf("redeeming with %v", reply), want, err)
	if want == "" {
		m.consents++
	}
}

// forge presents a seal with one character changed.
func (m *model) forge() {
	if len(m.asked) == 0 {
		return
	}
	a := m.asked[m.rng.IntN(len(m.asked))]
	seal := []byte(a.seal + "x")
	seal[m.rng.IntN(len(seal))] ^= byte(1 + m.rng.IntN(127))
	_, err := m.gate.Redeem(a.request, ticket(string(seal), m.anyReply(a.request)))
	m.compare("forging", "forged", err)
}

func (m *model) drop() {
	if len(m.asked) == 0 {
		return
	}
	a := &m.asked[m.rng.IntN(len(m.asked))]
	m.gate.Drop(confirm.Ticket{Seal: a.seal, Reply: decline()})
	a.open = false
}

// compare fails unless err is the refusal that is wanted, or a consent where none is.
func (m *model) compare(doing, want string, err error) {
	m.t.Helper()
	got := ""
	var refusal *confirm.Refusal
	if errors.As(err, &refusal) {
		got = refusal.Answer
	} else if err != nil {
		got = err.Error()
	}
	if got != want {
		m.t.Errorf("%s: got %q, want %q", doing, got, want)
	}
}
