package load

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// conn is a connection that carries one request at a time.
type conn struct {
	addr string
	net  net.Conn
	in   *bufio.Reader
	used bool // has carried an answer
}

// answer is what came back.
type answer struct {
	status     int
	retryAfter bool
	problem    bool   // its type is application/problem+json
	body       []byte // nil unless wanted
}

// do sends a request, whose bytes are given, and reads its answer. After an error
// the next call connects anew.
func (c *conn) do(request []byte, patience time.Duration, want bool) (a answer, err error) {
	if c.net == nil {
		c.used = false
		if c.net, err = net.DialTimeout("tcp", c.addr, patience); err != nil {
			return a, err
		}
		c.in = bufio.NewReaderSize(c.net, 64<<10)
	}
	if err = c.net.SetDeadline(time.Now().Add(patience)); err == nil {
		_, err = c.net.Write(request)
	}
	end := false
	if err == nil {
		a, end, err = c.read(want)
	}
	if err != nil || end {
		c.close()
	}
	c.used = c.used || err == nil
	return a, err
}

func (c *conn) close() {
	if c.net != nil {
		_ = c.net.Close()
		c.net = nil
	}
}

// read cuts one answer out of the stream; end says that it is the connection's last.
func (c *conn) read(want bool) (a answer, end bool, err error) {
	line, err := c.line()
	if err != nil {
		return a, false, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return a, false, fmt.Errorf("no HTTP/1.1 answer: %.40q", line)
	}
	if a.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return a, false, fmt.Errorf("no status: %.40q", line)
	}
	length := int64(-1)
	for {
		if line, err = c.line(); err != nil {
			return a, false, err
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		switch { // Go's servers write names in this form
		case string(name) == "Content-Length":
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return a, false, err
			}
		case string(name) == "Connection":
			end = string(value) == "close"
		case string(name) == "Retry-After":
			a.retryAfter = true
		case string(name) == "Content-Type":
			a.problem = string(value) == "application/problem+json"
		}
	}
	if length >= 0 {
		a.body, err = c.part(length, want, nil)
		return a, end, err
	}
	for {
		if line, err = c.line(); err != nil {
			return a, false, err
		}
		if length, err = strconv.ParseInt(string(line), 16, 64); err != nil {
			return a, false, fmt.Errorf("no length of a chunk: %.40q", line)
		}
		if a.body, err = c.part(length, want, a.body); err != nil {
			return a, false, err
		}
		if line, err = c.line(); err != nil || len(line) != 0 {
			return a, false, errors.Join(err, errors.New("a chunk without an end"))
		}
		if length == 0 {
			return a, end, nil
		}
	}
}

// line returns the next line without its end; it is good until the next read.
func (c *conn) line() ([]byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// part reads length bytes of a body, and appends them if they are wanted.
func (c *conn) part(length int64, want bool, body []byte) ([]byte, error) {
	if !want {
		_, err := c.in.Discard(int(length))
		return nil, err
	}
	begun := len(body)
	body = append(body, make([]byte, length)...)
	_, err := io.ReadFull(c.in, body[begun:])
	return body, err
}
