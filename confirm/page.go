package confirm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A page tells a late visitor what became of its question for keptFor; of the
// questions that are over, only the youngest are kept beyond maxSheets.
const (
	keptFor   = time.Hour
	maxSheets = 1024
)

// stopWithin is how long answers on their way to a browser may hold up Close.
const stopWithin = time.Second

// PageOptions configure a Page; Desktop and Open are required.
type PageOptions struct {
	// Desktop says whether a person's desktop is at hand, and otherwise why not,
	// as the end of a sentence.
	Desktop func() (ok bool, why string)
	// Open shows an address to the person. It returns what takes the address back
	// from the disk, which is called once the page was fetched or the question is
	// over.
	Open func(address string) (done func(), err error)
	Now  func() time.Time // nil: time.Now
	// Patience is how long one call waits for the answer; 0: DefaultPatience.
	Patience time.Duration
}

// DefaultPatience is below the minute after which most MCP clients give up on a
// call.
const DefaultPatience = 45 * time.Second

// Page asks on a page in the person's browser, served to this machine alone.
//
// Whoever holds the address of a question can answer it. So the address goes to
// the browser and nowhere else: into no error, log or answer.
type Page struct {
	desktop func() (bool, string)
	show    func(string) (func(), error)
	now     func() time.Time

	patience time.Duration

	closing sync.Once
	asking  sync.WaitGroup // the questions that are asked
	serving sync.WaitGroup

	// Set before the first request, and not changed after.
	host     string // 127.0.0.1 and the port
	policy   string // the Content-Security-Policy
	template *template.Template

	mu     sync.Mutex
	closed bool
	server *http.Server
	sheets map[string]*sheet // by what makes their addresses unguessable
}

// ending is how a question on a page ended.
type ending int

const (
	stillOpen ending = iota
	approved
	declined
	expired
	withdrawn
)

// sheet is the page of one question. Page.mu guards what changes.
type sheet struct {
	token    string // of the address
	form     string // of the form, so that no other page can submit it
	question Question
	asked    time.Time
	until    time.Time // zero: open until it is withdrawn

	fetched chan struct{} // closed when a browser has the page
	over    chan struct{} // closed at the end

	wasFetched bool
	regretted  bool // a no came after the yes
	ending     ending
	ended      time.Time
	reply      Reply
}

// NewPage returns an asker whose server starts with its first question.
func NewPage(o PageOptions) *Page {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	return &Page{desktop: o.Desktop, show: o.Open, now: o.Now, patience: o.Patience, sheets: map[string]*sheet{}}
}

// Name implements Asker.
func (*Page) Name() string { return "browser" }

// Patience implements Patient.
func (p *Page) Patience() time.Duration { return p.patience }

// Can implements Asker.
func (p *Page) Can(context.Context) (bool, string) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return false, errPageClosed.Error()
	}
	return p.desktop()
}

var (
	errPageClosed = errors.New("the approval page is closed")
	errPagesFull  = fmt.Errorf("%d approval pages are open already", maxSheets)
)

// Ask implements Asker. Where ctx has a deadline, the page shows it.
func (p *Page) Ask(ctx context.Context, q Question) (Reply, error) {
	s, err := p.lay(ctx, q)
	if err != nil {
		return Reply{}, fmt.Errorf("serving the approval page: %w", err)
	}
	defer p.asking.Done()
	takeBack, err := p.open(s)
	if err != nil {
		p.end(s, withdrawn, Reply{})
		return Reply{}, err
	}
	defer takeBack()
	select {
	case <-s.fetched:
		takeBack()
	case <-s.over:
	case <-ctx.Done():
	}
	select {
	case <-s.over:
	case <-ctx.Done():
		how := withdrawn
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			how = expired
		}
		p.end(s, how, Reply{})
	}
	return p.outcome(s)
}

// lay makes the question's page and counts it as being asked.
func (p *Page) lay(ctx context.Context, q Question) (*sheet, error) {
	s := &sheet{
		token: rand.Text(), form: rand.Text(), question: q, asked: p.now(),
		fetched: make(chan struct{}), over: make(chan struct{}),
	}
	if deadline, ok := ctx.Deadline(); ok { // by our clock, which need not be the context's
		s.until = s.asked.Add(time.Until(deadline))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.start(); err != nil {
		return nil, err
	}
	if !p.makeRoom() {
		return nil, errPagesFull
	}
	p.sheets[s.token] = s
	p.asking.Add(1)
	return s, nil
}

// start starts the server unless it runs.
func (p *Page) start() error {
	if p.closed {
		return errPageClosed
	}
	if p.server != nil {
		return nil
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.host = listener.Addr().String()
	p.policy = contentPolicy(pageStyle)
	p.template = template.Must(template.New("page").Parse(pageHTML))
	p.server = &http.Server{
		Handler:                      http.HandlerFunc(p.serve),
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            5 * time.Second,
		ReadTimeout:                  10 * time.Second,
		WriteTimeout:                 10 * time.Second,
		IdleTimeout:                  time.Minute,
		MaxHeaderBytes:               16 << 10,
		ErrorLog:                     log.New(io.Discard, "", 0), // standard error could show an address
	}
	server := p.server
	p.serving.Go(func() { _ = server.Serve(listener) })
	return nil
}

// makeRoom lets go of what nobody asks about any more, and reports whether
// another page fits.
func (p *Page) makeRoom() bool {
	now := p.now()
	maps.DeleteFunc(p.sheets, func(_ string, s *sheet) bool {
		return s.ending != stillOpen && past(now, s.ended.Add(keptFor))
	})
	if len(p.sheets) < maxSheets {
		return true
	}
	var oldest *sheet
	for _, s := range p.sheets {
		if s.ending != stillOpen && (oldest == nil || s.ended.Before(oldest.ended)) {
			oldest = s
		}
	}
	if oldest == nil {
		return false
	}
	delete(p.sheets, oldest.token)
	return true
}

// open shows the page to the person. What opens browsers can report a failure
// and yet have opened one, so a page that was fetched is open.
func (p *Page) open(s *sheet) (takeBack func(), err error) {
	done, err := p.show("http://" + p.host + pagePath + s.token)
	if done == nil {
		done = func() {}
	}
	done = sync.OnceFunc(done)
	select {
	case <-s.fetched:
		return done, nil
	default:
	}
	if err == nil {
		return done, nil
	}
	done()
	if strings.ContainsAny(err.Error(), `/\`) { // it names the address, or the file it is in
		return nil, errors.New("the browser could not be opened")
	}
	return nil, fmt.Errorf("the browser could not be opened: %w", err)
}

// end ends the question, and reports whether it ended so: not when it was over
// before, and not with an answer that came too late.
func (p *Page) end(s *sheet, how ending, reply Reply) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lapse(s); s.ending != stillOpen {
		return false
	}
	p.close(s, how, reply)
	return true
}

// lapse ends the question if its time is over by our clock: the context's stands
// still while the machine sleeps.
func (p *Page) lapse(s *sheet) {
	if s.ending == stillOpen && !s.until.IsZero() && past(p.now(), s.until) {
		p.close(s, expired, Reply{})
	}
}

func (p *Page) close(s *sheet, how ending, reply Reply) {
	s.ending, s.ended, s.reply = how, p.now(), reply
	s.question.Preview = Preview{Action: s.question.Preview.Action} // all that is told from now on
	close(s.over)
}

// outcome is what Ask returns of a question that is over.
func (p *Page) outcome(s *sheet) (Reply, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch s.ending {
	case approved, declined:
		return s.reply, nil
	case expired:
		return Reply{}, fmt.Errorf("nobody answered the approval page in time: %w", context.DeadlineExceeded)
	}
	return Reply{}, fmt.Errorf("the approval page was withdrawn: %w", context.Canceled)
}

// find returns a copy of the sheet with the token.
func (p *Page) find(token string) (sheet, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.sheets[token]
	if s == nil {
		return sheet{}, false
	}
	p.lapse(s)
	return *s, true
}

// noteFetched remembers that a browser has the page.
func (p *Page) noteFetched(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s := p.sheets[token]; s != nil && !s.wasFetched {
		s.wasFetched = true
		close(s.fetched)
	}
}

// Close withdraws the open questions, stops the server, and waits until no
// address is left on the disk.
func (p *Page) Close() {
	p.closing.Do(func() {
		p.mu.Lock()
		p.closed = true
		for _, s := range p.sheets {
			if s.ending == stillOpen {
				p.close(s, withdrawn, Reply{})
			}
		}
		server := p.server
		p.mu.Unlock()
		if server != nil {
			stopping, cancel := context.WithTimeout(context.Background(), stopWithin)
			defer cancel()
			if server.Shutdown(stopping) != nil { // browsers keep connections that they never use
				_ = server.Close()
			}
		}
	})
	p.serving.Wait()
	p.asking.Wait()
}
