package batch

import (
	"iter"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// Parameters are what, besides the graph, the ranks of a generation depend on.
type Parameters struct {
	Damping          float64        `json:"damping"`
	RelPolicy        link.RelPolicy `json:"rel_policy"`
	Tolerance        float64        `json:"tolerance"`
	URLPolicy        int            `json:"url_policy"`
	PublicSuffixList string         `json:"public_suffix_list"`
}

// Generation describes one published recomputation.
type Generation struct {
	Number      int64
	Run         string       // uuid of the run that made it
	AsOf        time.Time    // when the cut was frozen: every event acknowledged before is in
	Cut         link.Offsets // every record below is in, none from there on
	Parameters  Parameters
	KnownPages  int64 // rows of the page table, ranked or not
	Links       int64 // links that carry rank
	Sweeps      int
	Certificate pagerank.Certificate
	XMax        float64   // greatest served x
	Quantiles   []float64 // served x at 0, 1/1000, … 1 of the pages with a rank, ascending
}

// Page is what is served for one page. Unknown pages are not published.
type Page struct {
	Key    link.PageKey
	URL    string
	Host   int          // index into the publication's hosts; −1: no page of its host has an x
	Status string       // ranked, alias or gone
	Target link.PageKey // of an alias: where it leads in the end
	Alias  bool         // Target is set
	X      float64
	HasX   bool // a gone page has an x where links lead to it; an alias has none
}

// Group is the pages of a host or a domain that have an x.
type Group struct {
	Name   string
	Domain string // of a host; of a domain, itself
	Pages  int64
	X      float64 // their sum
}

// Publication is a generation with all that is served of it.
type Publication struct {
	Generation
	Rows    int            // that Pages yields
	Pages   iter.Seq[Page] // ascending by Key
	Hosts   []Group        // ascending by Name
	Domains []Group        // ascending by Name
}
