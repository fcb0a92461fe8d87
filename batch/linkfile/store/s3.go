package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3Options say where a bucket is and who asks.
type S3Options struct {
	Bucket, Prefix string
	Endpoint       string // https://host or http://host; "": Amazon's
	Region         string // "": the bucket's own
	AccessKey      string // "": from the files and services where Amazon's tools look
	SecretKey      string
	SessionToken   string
	Transport      http.RoundTripper // nil: the default
}

// S3FromEnv returns the options for s3://bucket/prefix with the variables that Amazon's
// own tools know.
func S3FromEnv(root string, getenv func(string) string) (S3Options, error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(root, "s3://"), "/")
	o := S3Options{
		Bucket: bucket, Prefix: strings.Trim(prefix, "/"),
		Endpoint: getenv("AWS_ENDPOINT_URL_S3"), Region: getenv("AWS_REGION"),
		AccessKey: getenv("AWS_ACCESS_KEY_ID"), SecretKey: getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: getenv("AWS_SESSION_TOKEN"),
	}
	if o.Endpoint == "" {
		o.Endpoint = getenv("AWS_ENDPOINT_URL")
	}
	if o.Region == "" {
		o.Region = getenv("AWS_DEFAULT_REGION")
	}
	switch {
	case bucket == "":
		return o, fmt.Errorf("%s names no bucket: s3://bucket/prefix is expected", root)
	case (o.AccessKey == "") != (o.SecretKey == ""):
		return o, errors.New("of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY one is set: set both, or neither")
	}
	return o, nil
}

// The limits of what goes over the network.
const (
	s3Tries   = 5                     // of a read, the first included
	s3Pause   = 50 * time.Millisecond // before the second; each is twice as long as the one before
	s3Wait    = time.Minute           // for a request that carries little
	s3Upload  = 16 << 20              // bytes of a part of an upload: 10,000 may be one object
	s3Retries = 5                     // of any other request, by minio-go
)

// S3 is a Store in a bucket, below a prefix.
type S3 struct {
	client         *minio.Client
	bucket, prefix string
	pause          time.Duration
}

var _ Store = (*S3)(nil)

// NewS3 returns the Store in a bucket. It asks nothing of it yet.
func NewS3(o S3Options) (*S3, error) {
	secure, host := true, "s3.amazonaws.com"
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return nil, fmt.Errorf("endpoint of %s: not https://host or http://host", o.Bucket) // it may hold a password
		}
		secure, host = u.Scheme == "https", u.Host
	}
	who := credentials.NewStaticV4(o.AccessKey, o.SecretKey, o.SessionToken)
	if o.AccessKey == "" {
		who = credentials.NewChainCredentials([]credentials.Provider{&credentials.FileAWSCredentials{}, &credentials.IAM{}})
	}
	client, err := minio.New(host, &minio.Options{Creds: who, Secure: secure, Region: o.Region, Transport: o.Transport, MaxRetries: s3Retries})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", o.Bucket, err)
	}
	return &S3{client: client, bucket: o.Bucket, prefix: o.Prefix, pause: s3Pause}, nil
}

// Path implements [Store].
func (s *S3) Path(name string) string { return "s3://" + path.Join(s.bucket, s.prefix, name) }

func (s *S3) key(name string) string { return path.Join(s.prefix, name) }

// fault names what an error is about, and makes fs.ErrNotExist of the one that says so.
func (s *S3) fault(name string, err error) error {
	if err == nil {
		return nil
	}
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		err = fs.ErrNotExist
	}
	return fmt.Errorf("%s: %w", s.Path(name), err)
}

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

// List implements [Store].
func (s *S3) List(ctx context.Context, folder string) ([]string, error) {
	prefix := s.key(folder) + "/"
	var names []string
	err := s.each(ctx, prefix, false, func(key string) error {
		if name := strings.TrimSuffix(strings.TrimPrefix(key, prefix), "/"); name != "" {
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), s.fault(folder, err)
}

func (s *S3) each(ctx context.Context, prefix string, deep bool, fn func(key string) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for o := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: deep}) {
		if o.Err != nil {
			return o.Err
		}
		if err := fn(o.Key); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Remove implements [Store].
func (s *S3) Remove(ctx context.Context, name string) error {
	keys := []string{s.key(path.Join(name, Manifest)), s.key(name)}
	err := s.each(ctx, s.key(name)+"/", true, func(key string) error {
		keys = append(keys, key)
		return nil
	})
	for _, key := range keys {
		if err == nil {
			err = s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
		}
	}
	return s.fault(name, err)
}

// Tidy implements [Store]: it ends uploads below folder that nobody will go on with.
func (s *S3) Tidy(ctx context.Context, folder string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for u := range s.client.ListIncompleteUploads(ctx, s.bucket, s.key(folder)+"/", true) {
		err := u.Err
		if err == nil {
			err = s.client.RemoveIncompleteUpload(ctx, s.bucket, u.Key)
		}
		if err != nil {
			return s.fault(folder, err)
		}
	}
	return nil
}

// Create implements [Store].
func (s *S3) Create(ctx context.Context, name string) (Writer, error) {
	return &s3Writer{upload: func(r io.Reader, size int64) error {
		_, err := s.client.PutObject(ctx, s.bucket, s.key(name), r, size, minio.PutObjectOptions{
			PartSize: s3Upload, ContentType: "application/octet-stream",
		})
		return s.fault(name, err)
	}}, nil
}

// s3Writer writes an object in one request, if it is small, or to an upload in parts,
// which takes what it is given to the end or leaves nothing.
type s3Writer struct {
	upload func(r io.Reader, size int64) error
	small  []byte         // what came while it may still be small
	pipe   *io.PipeWriter // to the upload, once it is not
	done   chan error     // what became of that
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
	w.pipe, w.done = pipe, make(chan error, 1)
	go func() {
		err := w.upload(r, -1)
		r.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // whoever still writes hears of it
		w.done <- err
	}()
}

func (w *s3Writer) Commit() error {
	w.ended = true
	if w.pipe == nil {
		return w.upload(bytes.NewReader(w.small), int64(len(w.small)))
	}
	return errors.Join(w.pipe.Close(), <-w.done)
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
