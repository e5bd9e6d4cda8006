package demoorg

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// cell ends every id, as the cell an org lives in ends Okta's.
const cell = "5d7"

// mix is splitmix64 over its arguments: a deterministic, well-spread number.
func mix(seed uint64, kind rune, n uint64) uint64 {
	x := seed*0x9E3779B97F4A7C15 ^ uint64(kind)<<32 ^ n
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// mint makes the next id with that prefix (three characters, such as "00u"):
// 20 characters of base 62, four of them counting, so that ids of a kind are
// unique for 14 million objects. The caller holds the lock.
func (o *Org) mint(prefix string) string {
	n := o.minted[prefix]
	o.minted[prefix] = n + 1
	return idOf(o.seed, prefix, n)
}

// idOf is the n-th id with that prefix.
func idOf(seed uint64, prefix string, n uint64) string {
	var kind rune
	for _, c := range prefix {
		kind = kind<<7 ^ c
	}
	noise := mix(seed, kind, n)
	var id [20]byte
	copy(id[:], prefix)
	copy(id[17:], cell)
	for i := 6; i >= 3; i-- {
		id[i] = base62[n%62]
		n /= 62
	}
	for i := 7; i < 17; i++ {
		id[i] = base62[noise%62]
		noise /= 62
	}
	return string(id[:])
}

// secret makes the next one-time token or password of that kind, n characters
// of base 62. The caller holds the lock.
func (o *Org) secret(kind rune, n int) string {
	key := "secret" + string(kind)
	count := o.minted[key]
	o.minted[key] = count + 1
	out := make([]byte, n)
	for i := range out {
		out[i] = base62[mix(o.seed, kind, count*64+uint64(i))%62]
	}
	return string(out)
}
