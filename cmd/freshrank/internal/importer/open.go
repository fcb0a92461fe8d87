package importer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// Source is an open input.
type Source struct {
	Name string
	Size int64 // bytes of the file; 0 if not known
	r    io.Reader
	f    *os.File // nil for standard input
	zip  bool
	read atomic.Int64
}

// Open opens a file, or takes stdin where name is "-", and unpacks gzip.
func Open(name string, stdin io.Reader) (*Source, error) {
	s := &Source{Name: name}
	if name == "-" {
		s.Name = "standard input"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, &InputError{File: name, What: "cannot be opened", Fix: fmt.Sprintf("%v; name an existing file, or - for standard input", err)}
		}
		s.f, stdin = f, f
		if fi, err := f.Stat(); err == nil && fi.Mode().IsRegular() {
			s.Size = fi.Size()
		}
	}
	in := bufio.NewReaderSize(&counter{stdin, &s.read}, 1<<20)
	s.r = in
	if magic, _ := in.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, errors.Join(s.unreadable(err), s.Close())
		}
		s.r, s.zip = z, true
	}
	return s, nil
}

// Read reads unpacked bytes. A broken gzip stream is an [InputError].
func (s *Source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = s.unreadable(err)
	}
	return n, err
}

func (s *Source) unreadable(err error) error {
	fix := "check that the file is readable"
	if s.zip {
		fix = "the gzip stream is corrupt or cut short; fetch the file again"
	}
	return &InputError{File: s.Name, What: fmt.Sprintf("cannot be read (%v)", err), Fix: fix}
}

// BytesRead returns how many bytes of the file have been read.
func (s *Source) BytesRead() int64 { return s.read.Load() }

// Close closes the file; standard input stays open.
func (s *Source) Close() error {
	if s.f == nil {
		return nil
	}
	return s.f.Close()
}

type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
