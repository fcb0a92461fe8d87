// Package apitest makes up requests to an API from nothing but its OpenAPI document,
// so that a route that is added is asked without a change, and holds the answers
// against what the document and the API promise of every answer.
package apitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// operation is what of an operation of the document is used.
type operation struct {
	method, path string
	Parameters   []struct {
		Name, In string
		Example  any
		Schema   struct {
			Type, Format     string
			Minimum, Maximum *float64
			Enum             []any
			Default          any
		}
	}
	RequestBody struct {
		Content map[string]struct {
			Example  any
			Examples map[string]struct{ Value any }
		}
	}
	Responses map[string]struct {
		Content map[string]json.RawMessage
	}
}

func (o *operation) String() string { return o.method + " " + o.path }

// media are the media types that a body may have, if any.
func (o *operation) media() []string { return sortedKeys(o.RequestBody.Content) }

// operationsOf reads a document, in an order that depends on nothing else.
func operationsOf(document []byte) ([]*operation, error) {
	var doc struct {
		Paths map[string]map[string]*operation
	}
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("read OpenAPI document: %w", err)
	}
	var all []*operation
	for _, path := range sortedKeys(doc.Paths) {
		for _, method := range sortedKeys(doc.Paths[path]) {
			op := doc.Paths[path][method]
			op.method, op.path = strings.ToUpper(method), path
			all = append(all, op)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("read OpenAPI document: there are no operations in it")
	}
	return all, nil
}
