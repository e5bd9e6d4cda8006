package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okta-mcp/oktaclient/demoorg"
)

// certified is a certificate in two files, which nobody else vouches for.
type certified struct {
	cert, key string
	pool      *x509.CertPool
}

func newCertified(t testing.TB) *certified {
	t.Helper()
	dir := t.TempDir()
	c := &certified{cert: filepath.Join(dir, "tls.crt"), key: filepath.Join(dir, "tls.key"), pool: x509.NewCertPool()}
	c.renew(t, 1)
	return c
}

// renew writes another certificate, with that serial number, as tools for it do:
// beside the old one, and then in its place.
func (c *certified) renew(t testing.TB, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "okta-mcp"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	c.pool.AddCert(made)
	for name, block := range map[string]*pem.Block{c.key: {Type: "PRIVATE KEY", Bytes: secret}, c.cert: {Type: "CERTIFICATE", Bytes: der}} {
		if err := os.WriteFile(name+"-new", pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+"-new", name); err != nil {
			t.Fatal(err)
		}
	}
}

// serveTLS is a server with a certificate; http2 says whether its clients speak it.
func serveTLS(t testing.TB, transport string, c *certified, http2 bool) (*networked, *demoorg.Org) {
	t.Helper()
	x, org := serveOne(t, transport, demoorg.Options{}, "--tls-cert", c.cert, "--tls-key", c.key, "--log-level", "WARNING")
	conns := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.pool, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: http2}
	t.Cleanup(conns.CloseIdleConnections)
	x.web.Transport = conns
	return x, org
}

// handshake is a TLS handshake of one version, and the serial number it found.
func (r *networked) handshake(pool *x509.CertPool, version uint16) (serial int64, err error) {
	connection, err := tls.Dial("tcp", r.host, &tls.Config{RootCAs: pool, MinVersion: version, MaxVersion: version})
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

func TestConsentWorksOverTLS(t *testing.T) {
	t.Parallel()
	overBoth(t, func(t *testing.T, transport string) {
		for version, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
			t.Run(version, func(t *testing.T) {
				t.Parallel()
				x, org := serveTLS(t, transport, newCertified(t), http2)
				if !strings.HasPrefix(x.address, "https://") {
					t.Errorf("the server says it listens on %s", x.address)
				}
				c := x.client(t, x.token)
				c.listen()
				call := c.beginCall("delete_group", map[string]any{"group_id": org.Cast().Project.Name})
				c.ping()
				c.consent(c.question())
				if r := call.result(); r.IsError || groupExists(t, org, org.Cast().Project.ID) {
					t.Errorf("the call was answered %s", r.text())
				}
				c.leave()
			})
		}
	})
}

func TestOldVersionsOfTLSAreRefused(t *testing.T) {
	t.Parallel()
	certificate := newCertified(t)
	x, _ := serveTLS(t, "http", certificate, false)
	for name, version := range map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11} {
		if _, err := x.handshake(certificate.pool, version); err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Errorf("TLS %s: %v, want a refusal of the version", name, err)
		}
	}
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		if _, err := x.handshake(certificate.pool, version); err != nil {
			t.Errorf("TLS %s: %v", name, err)
		}
	}
	// Without TLS the token must not be asked for, nor anything else be answered.
	if a := x.raw("GET /healthz HTTP/1.1\r\nHost: " + x.host + "\r\n\r\n"); a.status != http.StatusBadRequest {
		t.Errorf("plain HTTP was answered %d %s", a.status, a.body)
	}
}

func TestACertificateIsReplacedWithoutARestart(t *testing.T) {
	t.Parallel()
	certificate := newCertified(t)
	x, _ := serveTLS(t, "sse", certificate, false)
	old := x.client(t, x.token)
	if serial, err := x.handshake(certificate.pool, tls.VersionTLS13); err != nil || serial != 1 {
		t.Fatalf("at first the certificate is %d: %v", serial, err)
	}
	certificate.renew(t, 2)
	x.p.until("the new certificate is served", func() bool {
		serial, err := x.handshake(certificate.pool, tls.VersionTLS13)
		return err == nil && serial == 2
	})
	// A file that is broken leaves the last good one in place.
	if err := os.WriteFile(certificate.cert, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.p.until("the server has complained", func() bool {
		if serial, err := x.handshake(certificate.pool, tls.VersionTLS13); err != nil || serial != 2 {
			t.Fatalf("with a broken file the certificate is %d: %v", serial, err)
		}
		return strings.Contains(x.p.stderr.String(), "certificate")
	})
	old.ping()
	x.client(t, x.token).ping()
}
