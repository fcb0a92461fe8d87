package store

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
)

// passing reports whether an error of a read may not come again. A refusal by the server
// comes again, unless it was too busy; so does what the caller has cancelled.
func passing(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	code := minio.ToErrorResponse(err).StatusCode
	return code == 0 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500
}

// Open implements [Store]. An object that is replaced while it is read is refused.
func (s *S3) Open(ctx context.Context, name string) (Object, error) {
	small, cancel := context.WithTimeout(ctx, s3Wait)
	defer cancel()
	info, err := s.client.StatObject(small, s.bucket, s.key(name), minio.StatObjectOptions{})
	if err != nil {
		return nil, s.fault(name, err)
	}
	return &s3Object{size: info.Size, read: func(p []byte, from int64) error {
		return s.fault(name, s.readAt(ctx, s.key(name), info.ETag, p, from))
	}}, nil
}

// readAt reads a stretch of an object, again if that fails for a passing reason.
func (s *S3) readAt(ctx context.Context, key, etag string, p []byte, from int64) error {
	pause := s.pause
	for try := 1; ; try++ {
		err := s.readOnce(ctx, key, etag, p, from)
		if err == nil || try == s3Tries || !passing(ctx, err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
	}
}

func (s *S3) readOnce(ctx context.Context, key, etag string, p []byte, from int64) error {
	// A megabyte a second is the slowest that is waited for.
	ctx, cancel := context.WithTimeout(ctx, s3Wait+time.Duration(len(p)>>20)*time.Second)
	defer cancel()
	var o minio.GetObjectOptions
	if err := errors.Join(o.SetRange(from, from+int64(len(p))-1), o.SetMatchETag(etag)); err != nil {
		return err
	}
	body, _, _, err := minio.Core{Client: s.client}.GetObject(ctx, s.bucket, key, o)
	if err != nil {
		return err
	}
	_, err = io.ReadFull(body, p)
	return errors.Join(err, body.Close())
}

type s3Object struct {
	size int64
	read func(p []byte, from int64) error
}

func (o *s3Object) Size() int64  { return o.size }
func (o *s3Object) Close() error { return nil }

func (o *s3Object) ReadAt(p []byte, from int64) (n int, err error) {
	if rest := o.size - from; int64(len(p)) > rest {
		p, err = p[:max(rest, 0)], io.EOF
	}
	if len(p) == 0 {
		return 0, err
	}
	if err := o.read(p, from); err != nil {
		return 0, err
	}
	return len(p), err
}
