package batch

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// Schedule says when a run is due.
type Schedule interface {
	Next(after time.Time) time.Time // the zero time: never
}

// Options of a [Runner]. Files, Log and View are required; the zero value of any
// other field stands for its default.
type Options struct {
	Files Files
	Log   Log
	View  View

	Schedule  Schedule         // nil: only the first run and requests
	Rank      pagerank.Options // Start and Progress are the runner's
	Policy    link.RelPolicy   // link.DropMarked
	Keep      int              // generations to keep; 3
	MaxShrink float64          // share of pages that a generation may lose and still be published; 0.5
	Poll      time.Duration    // how often the queue is looked at; 1 s

	Room           func() Room // what a run must fit into; nil: nothing is known of it
	IgnoreEstimate bool        // run even if it will not fit
	Here           bool        // RunOnce leaves no run to another runner, who has other options

	Clock      func() time.Time // decides what is due and as_of; time.Now
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: no metrics
}

func (o Options) withDefaults() (Options, error) {
	var faults []error
	if o.Files == nil || o.Log == nil || o.View == nil {
		faults = append(faults, errors.New("files, log and view: all three are required"))
	}
	if o.Policy == "" {
		o.Policy = link.DropMarked
	}
	if o.Policy != link.DropMarked && o.Policy != link.CountAll {
		faults = append(faults, fmt.Errorf("rel policy %q: must be %s or %s", o.Policy, link.DropMarked, link.CountAll))
	}
	if o.Keep == 0 {
		o.Keep = 3
	}
	if o.Keep < 1 {
		faults = append(faults, fmt.Errorf("keep %d: must be at least 1", o.Keep))
	}
	if o.MaxShrink == 0 {
		o.MaxShrink = 0.5
	}
	if !(o.MaxShrink > 0 && o.MaxShrink <= 1) {
		faults = append(faults, fmt.Errorf("max shrink %v: must lie between 0 and 1, such as 0.5", o.MaxShrink))
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	rank, err := o.Rank.WithDefaults()
	o.Rank = rank
	return o, errors.Join(append(faults, err)...)
}

func (o *Options) now() time.Time { return o.Clock().UTC() }

func (o *Options) parameters() Parameters {
	return Parameters{
		Damping: o.Rank.Damping, RelPolicy: o.Policy, URLPolicy: link.PolicyVersion,
		Tolerance: o.Rank.Tolerance, PublicSuffixList: link.PublicSuffixVersion(),
	}
}
