package remote

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestSessionsAreTheirCallersOwn drives a table at random beside a model of it.
func TestSessionsAreTheirCallersOwn(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 1))
		now := time.Unix(0, 0)
		table := newTable(newCaps())
		table.now = func() time.Time { return now }
		type known struct {
			*session
			leave []func()
			used  time.Time
		}
		model := map[string]*known{}
		callers := []string{"a", "b", "c"}
		for range 400 {
			caller := callers[random.IntN(len(callers))]
			now = now.Add(time.Duration(random.IntN(60)) * time.Second)
			ids := []string{"", "forged"}
			for id := range model {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			id := ids[random.IntN(len(ids))]
			switch random.IntN(5) {
			case 0:
				if s := table.add(caller); s != nil {
					model[s.id] = &known{session: s, used: now}
				}
			case 1, 2:
				s, leave := table.enter(id, caller)
				own := model[id] != nil && model[id].caller == caller
				if (s != nil) != own {
					t.Fatalf("seed %d: %s enters %q: %v, its own: %v", seed, caller, id, s != nil, own)
				}
				if own {
					model[id].leave, model[id].used = append(model[id].leave, leave), now
				}
			case 3:
				if k := model[id]; k != nil && len(k.leave) > 0 {
					k.leave[0]()
					k.leave, k.used = k.leave[1:], now
				}
			case 4:
				table.remove(id)
				if k := model[id]; k != nil && k.life.Err() == nil {
					t.Fatalf("seed %d: the session goes on after it was closed", seed)
				}
				delete(model, id)
			}
			idle := table.idle("", 10*time.Minute)
			for id, k := range model {
				want := len(k.leave) == 0 && now.Sub(k.used) >= 10*time.Minute
				if slices.Contains(idle, id) != want {
					t.Fatalf("seed %d: idle is %v, want %v", seed, !want, want)
				}
			}
			if table.count() != len(model) || table.caps.count(sessions) != len(model) {
				t.Fatalf("seed %d: %d sessions, %d counted, want %d", seed, table.count(), table.caps.count(sessions), len(model))
			}
		}
	}
}

func TestACallersShareEndsBeforeTheWhole(t *testing.T) {
	t.Parallel()
	for _, k := range []kind{sessions, streams, requests, large} {
		each, all := most(k)
		c := newCaps()
		var releases []func()
		taken := 0
		for caller := range 2 + all/each {
			for range each + 1 {
				if release := c.take(k, fmt.Sprint(caller)); release != nil {
					taken++
					releases = append(releases, release)
				}
			}
			if want := min((caller+1)*each, all); taken != want || c.count(k) != want {
				t.Fatalf("%d taken after %d callers, %d counted, want %d", taken, caller+1, c.count(k), want)
			}
		}
		for _, release := range releases {
			release()
			release() // counts once
		}
		if c.count(k) != 0 || len(c.used[k]) != 0 {
			t.Errorf("%d are left, of %d callers", c.count(k), len(c.used[k]))
		}
	}
}
