package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync/atomic"
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
	mine           atomic.Pointer[string] // our claim; nil: none
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
	if err := s.unclaimed(ctx); err != nil {
		return err
	}
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
	if err := s.unclaimed(ctx); err != nil {
		return err
	}
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
