package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"

	"github.com/minio/minio-go/v7"
)

// Create implements [Store].
func (s *S3) Create(ctx context.Context, name string) (Writer, error) {
	return &s3Writer{check: func() error { return s.unclaimed(ctx) }, upload: func(r io.Reader, size int64) error {
		_, err := s.client.PutObject(ctx, s.bucket, s.key(name), r, size, minio.PutObjectOptions{
			PartSize: s3Upload, ContentType: "application/octet-stream",
		})
		return s.fault(name, err)
	}}, nil
}

// s3Writer writes an object in one request, if it is small, or to an upload in parts,
// which takes what it is given to the end or leaves nothing.
type s3Writer struct {
	check  func() error // whether it may still appear
	upload func(r io.Reader, size int64) error
	small  []byte         // what came while it may still be small
	pipe   *io.PipeWriter // to the upload, once it is not
	done   chan struct{}  // closed when that has ended, with err
	err    error
	ended  bool
}

func (w *s3Writer) Write(p []byte) (int, error) {
	if w.pipe == nil && len(w.small)+len(p) <= s3Upload {
		w.small = append(w.small, p...)
		return len(p), nil
	}
	if w.pipe == nil {
		w.begin()
		if _, err := w.pipe.Write(w.small); err != nil {
			return 0, err
		}
		w.small = nil
	}
	return w.pipe.Write(p)
}

// begin starts an upload, which ends once the pipe is closed or it fails.
func (w *s3Writer) begin() {
	r, pipe := io.Pipe()
	w.pipe, w.done = pipe, make(chan struct{})
	go func() {
		defer close(w.done)
		w.err = w.upload(r, -1)
		r.CloseWithError(errors.Join(w.err, io.ErrClosedPipe)) // whoever still writes hears of it
	}()
}

func (w *s3Writer) Commit() error {
	if err := w.check(); err != nil {
		w.Abort()
		return err
	}
	w.ended = true
	if w.pipe == nil {
		return w.upload(bytes.NewReader(w.small), int64(len(w.small)))
	}
	err := w.pipe.Close()
	<-w.done
	return errors.Join(err, w.err)
}

var errAborted = errors.New("given up")

func (w *s3Writer) Abort() {
	if !w.ended && w.pipe != nil {
		w.pipe.CloseWithError(errAborted)
		<-w.done
	}
	w.ended = true
}

// Begin implements [Store].
func (s *S3) Begin(ctx context.Context, folder string) (Folder, error) {
	if err := s.Remove(ctx, folder); err != nil {
		return nil, err
	}
	return &s3Folder{s: s, name: folder}, nil
}

type s3Folder struct {
	s    *S3
	name string
	done bool
}

func (f *s3Folder) Create(ctx context.Context, name string) (Writer, error) {
	return f.s.Create(ctx, path.Join(f.name, name))
}

func (f *s3Folder) Commit(ctx context.Context, manifest []byte) error {
	if err := Write(ctx, f.s, path.Join(f.name, Manifest), manifest); err != nil {
		return err
	}
	f.done = true
	return nil
}

// Abort removes what there is of the folder even after the caller's context has ended.
func (f *s3Folder) Abort() {
	if !f.done {
		ctx, cancel := context.WithTimeout(context.Background(), s3Wait)
		defer cancel()
		_ = f.s.Remove(ctx, f.name) // what stays is rubbish without a manifest
	}
}
