package api

import (
	"github.com/go-chi/chi/v5"

	"freshrank/pagerank/link"
)

// For tests outside.
var (
	EncodeTop        = encodeTop
	DecodeTop        = decodeTop
	EncodeRun        = encodeRun
	DecodeRun        = decodeRun
	EncodeGeneration = encodeGeneration
	DecodeGeneration = decodeGeneration
	ParseEvents      = parseEvents
	ParseLookup      = parseLookup
	Routes           = func(s *Server) chi.Routes { return s.mux }
	JSONFormat       = jsonFormat
	AtWork           = func(s *Server) bool { return s.conns.busy(0) }
	QuickLookup      = quickLookup
	ThoroughLookup   = thoroughLookup
	Crowd            = func(s *Server, class string) { s.places[class].waiting.Add(1 << 40) }
	Parsed           = func(p *parsed) ([]*link.Event, []Fault, int) { return p.events, p.faults, p.bad }
)
