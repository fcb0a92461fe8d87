package boot

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Certificate is a TLS certificate in two files. When they change, what they
// hold then is used, without a restart; as long as they do not fit together, what
// they held before.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu      sync.Mutex
	pair    *tls.Certificate
	read    [2]stamp  // the files that pair was read from
	checked time.Time // when they were last looked at
}

// stamp tells two contents of a file apart.
type stamp struct {
	modified time.Time
	size     int64
}

// recheckCertificate is how long a certificate is used without a look at its files.
const recheckCertificate = 10 * time.Second

// LoadCertificate reads a certificate chain and its private key, both PEM.
func LoadCertificate(certFile, keyFile string, now func() time.Time, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, now: now, log: log, checked: now()}
	at, err := c.stamps()
	if err == nil {
		err = c.load(at)
	}
	if err != nil {
		return nil, Usagef("tls-cert %s, tls-key %s: %w", certFile, keyFile, err)
	}
	return c, nil
}

// Config returns a configuration for servers of HTTP/1.1, for which the limits on
// time of the API are made.
func (c *Certificate) Config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}
}

func (c *Certificate) current() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked) >= recheckCertificate {
		c.checked = now
		at, err := c.stamps()
		if err == nil && at != c.read {
			if err = c.load(at); err == nil {
				c.log.Info("certificate replaced", "file", c.certFile)
			}
		}
		if err != nil {
			c.log.Warn("certificate cannot be replaced; the one before is used", "error", err)
		}
	}
	return c.pair
}

// stamps looks at both files. It comes before they are read: what changes while
// they are, shows the next time.
func (c *Certificate) stamps() (at [2]stamp, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(name)
		if err != nil {
			return at, err
		}
		at[i] = stamp{info.ModTime(), info.Size()}
	}
	return at, nil
}

func (c *Certificate) load(at [2]stamp) error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("load certificate: %w", err)
	}
	c.pair, c.read = &pair, at
	return nil
}
