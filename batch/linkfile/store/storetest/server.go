// Package storetest holds the tests that every Store must pass, and a server for that of
// a bucket.
package storetest

import (
	"bytes"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server answers as much of the S3 protocol as a Store in a bucket asks, over TLS on the
// loopback, from memory. It checks no signature, only that there is one.
type Server struct {
	*httptest.Server

	// Fail, if set, may answer a request instead of the server, and returns whether it did.
	Fail func(w http.ResponseWriter, r *http.Request) bool

	mu      sync.Mutex
	objects map[string][]byte
	uploads map[string]*upload
	number  int
}

type upload struct {
	key   string
	parts map[int][]byte
}

// NewServer starts a server with one bucket, named bucket.
func NewServer(t testing.TB) *Server {
	s := &Server{objects: map[string][]byte{}, uploads: map[string]*upload{}}
	s.Server = httptest.NewTLSServer(s)
	t.Cleanup(s.Close)
	return s
}

// Bucket is the one that the server has.
const Bucket = "bucket"

// Keys returns the keys of all objects, ascending.
func (s *Server) Keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys("")
}

func (s *Server) keys(prefix string) []string {
	var all []string
	for key := range s.objects {
		if strings.HasPrefix(key, prefix) {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all
}

// Uploads returns how many uploads were begun and not ended.
func (s *Server) Uploads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.uploads)
}

// Change replaces the content of an object behind the back of its users.
func (s *Server) Change(key string, change func(content []byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[key] = change(bytes.Clone(s.objects[key]))
}

type fault struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(fault{Code: code})
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(v)
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.Fail != nil && s.Fail(w, r) {
		return
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=") {
		refuse(w, http.StatusForbidden, "AccessDenied")
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != Bucket {
		refuse(w, http.StatusNotFound, "NoSuchBucket")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	switch {
	case q.Has("location"):
		answer(w, struct {
			XMLName xml.Name `xml:"LocationConstraint"`
		}{})
	case key == "" && q.Has("uploads"):
		s.listUploads(w, q.Get("prefix"))
	case key == "" && r.Method == http.MethodGet:
		s.list(w, q.Get("prefix"), q.Get("delimiter"), q.Get("continuation-token"))
	case q.Has("uploads") || q.Has("uploadId"):
		s.multipart(w, r, key, body)
	case r.Method == http.MethodPut:
		s.objects[key] = body
		w.Header().Set("ETag", etag(body))
	case r.Method == http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		s.get(w, r, key)
	}
}

func etag(content []byte) string { return fmt.Sprintf("\"%x\"", md5.Sum(content)) }

func (s *Server) get(w http.ResponseWriter, r *http.Request, key string) {
	content, ok := s.objects[key]
	if !ok {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("ETag", etag(content))
	http.ServeContent(w, r, key, time.Unix(1, 0), bytes.NewReader(content)) // ranges, If-Match, HEAD
}

type listed struct {
	Key  string
	Size int
}

type prefix struct{ Prefix string }

// page is how many names a list has before it goes on in another.
const page = 3

func (s *Server) list(w http.ResponseWriter, under, delimiter, after string) {
	var out struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string
		Contents              []listed
		CommonPrefixes        []prefix
	}
	last := ""
	for _, key := range s.keys(under) {
		name, folder := key, false
		if i := strings.Index(key[len(under):], "/"); delimiter != "" && i >= 0 {
			name, folder = key[:len(under)+i+1], true
		}
		if name <= after || name == last {
			continue
		}
		if len(out.Contents)+len(out.CommonPrefixes) == page {
			out.IsTruncated, out.NextContinuationToken = true, last
			break
		}
		last = name
		if folder {
			out.CommonPrefixes = append(out.CommonPrefixes, prefix{name})
		} else {
			out.Contents = append(out.Contents, listed{key, len(s.objects[key])})
		}
	}
	answer(w, out)
}

func (s *Server) listUploads(w http.ResponseWriter, under string) {
	type one struct{ Key, UploadId string }
	var out struct {
		XMLName xml.Name `xml:"ListMultipartUploadsResult"`
		Upload  []one
	}
	for id, u := range s.uploads {
		if strings.HasPrefix(u.key, under) {
			out.Upload = append(out.Upload, one{u.key, id})
		}
	}
	answer(w, out)
}

func (s *Server) multipart(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	q := r.URL.Query()
	if q.Has("uploads") {
		s.number++
		id := strconv.Itoa(s.number)
		s.uploads[id] = &upload{key, map[int][]byte{}}
		answer(w, struct {
			XMLName               xml.Name `xml:"InitiateMultipartUploadResult"`
			Bucket, Key, UploadId string
		}{Bucket: Bucket, Key: key, UploadId: id})
		return
	}
	id := q.Get("uploadId")
	u := s.uploads[id]
	if u == nil || u.key != key {
		refuse(w, http.StatusNotFound, "NoSuchUpload")
		return
	}
	switch r.Method {
	case http.MethodPut:
		number, _ := strconv.Atoi(q.Get("partNumber"))
		u.parts[number] = body
		w.Header().Set("ETag", etag(body))
	case http.MethodDelete:
		delete(s.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodPost:
		var asked struct {
			Part []struct {
				PartNumber int
				ETag       string
			}
		}
		if err := xml.Unmarshal(body, &asked); err != nil {
			refuse(w, http.StatusBadRequest, "MalformedXML")
			return
		}
		var whole []byte
		for _, p := range asked.Part {
			if strings.Trim(p.ETag, "\"") != strings.Trim(etag(u.parts[p.PartNumber]), "\"") {
				refuse(w, http.StatusBadRequest, "InvalidPart")
				return
			}
			whole = append(whole, u.parts[p.PartNumber]...)
		}
		s.objects[key] = whole
		delete(s.uploads, id)
		answer(w, struct {
			XMLName           xml.Name `xml:"CompleteMultipartUploadResult"`
			Bucket, Key, ETag string
		}{Bucket: Bucket, Key: key, ETag: etag(whole)})
	}
}
