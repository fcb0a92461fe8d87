package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/speed/feed"
)

type dlqCmd struct {
	List   dlqListCmd   `cmd:"" help:"Print dead letters."`
	Replay dlqReplayCmd `cmd:"" help:"Send their records to the log again."`
}

func (dlqCmd) Help() string {
	return `A record of the log that is no valid event is set aside in the topic of dead
letters, with the reason. Works with a running freshrank up on the same data folder,
or with --brokers.

Example:

    freshrank dlq list --since 24h
    freshrank dlq replay --valid`
}

// DLQFlags are those of both. Filters that are given together must all hold.
type DLQFlags struct {
	config.Common `embed:"" group:"Common options:"`
	config.Log    `embed:"" group:"Log options:"`
	config.Limits `embed:"" group:"Event limits:"`

	Partition int           `default:"-1" placeholder:"N" group:"Filters:" help:"Only records of this partition of the log."`
	Offset    int64         `default:"-1" placeholder:"N" group:"Filters:" help:"Only records with this offset in the log."`
	Reason    string        `placeholder:"TEXT" group:"Filters:" help:"Only those whose reason contains this."`
	Field     string        `placeholder:"NAME" group:"Filters:" help:"Only those that this field of the event is to blame for, such as data.url."`
	Since     time.Duration `placeholder:"DURATION" group:"Filters:" help:"Only those set aside within so long before now, such as 24h."`
	Valid     bool          `group:"Filters:" help:"Only those that are events by now: under the event limits given here, at the present time."`
	Limit     int           `default:"0" placeholder:"N" group:"Filters:" help:"No more than so many; 0: all (${default})."`
}

// selects reports whether any filter is given.
func (d *DLQFlags) selects() bool {
	return d.Partition >= 0 || d.Offset >= 0 || d.Reason != "" || d.Field != "" || d.Since > 0 || d.Valid || d.Limit > 0
}

// valid reports whether a letter's record is an event. Of one that is not whole
// nobody knows.
func (d *DLQFlags) valid(l feed.Letter, now time.Time) bool {
	if l.Cut {
		return false
	}
	_, err := d.Limits.Link().Decode(l.Value, now)
	return err == nil
}

func (d *DLQFlags) match(l feed.Letter, now time.Time) bool {
	return (d.Partition < 0 || l.Partition == d.Partition) && (d.Offset < 0 || l.Offset == d.Offset) &&
		strings.Contains(l.Reason, d.Reason) && (d.Field == "" || l.Field == d.Field) &&
		(d.Since <= 0 || now.Sub(l.SetAside) <= d.Since) && (!d.Valid || d.valid(l, now))
}

var errEnough = errors.New("limit reached")

// each calls fn with the letters that the filters select, and returns how many there
// are of these and of all that were looked at.
func (d *DLQFlags) each(ctx context.Context, c *call, fn func(f *feed.Feed, l feed.Letter, now time.Time) error) (selected, all int, err error) {
	if d.Limit < 0 || d.Since < 0 || d.Partition < -1 || d.Offset < -1 {
		return 0, 0, boot.Usagef("limit %d, since %s, partition %d, offset %d: must not be negative", d.Limit, d.Since, d.Partition, d.Offset)
	}
	log, err := c.logger(d.Common)
	if err != nil {
		return 0, 0, err
	}
	s, err := findServices(d.Data, d.Log, config.Database{})
	if err == nil {
		err = s.needLog(d.Data)
	}
	if err != nil {
		return 0, 0, err
	}
	secure, identity, err := d.Secure()
	if err != nil {
		return 0, 0, err
	}
	f, err := feed.New(feed.Options{
		Brokers: s.brokers, TLS: secure, SASL: identity, Topic: d.Topic, DeadLetterTopic: d.DeadLetters(), Logger: log,
	})
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	now := time.Now()
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	silent := time.AfterFunc(max(d.Wait, time.Second), func() { stop(fmt.Errorf("no answer within %s", d.Wait)) })
	defer silent.Stop()
	err = f.Letters(reading, func(l feed.Letter) error {
		silent.Stop()
		if all++; !d.match(l, now) {
			return nil
		}
		selected++
		if err := fn(f, l, now); err != nil {
			return err
		}
		if selected == d.Limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	if err != nil && all == 0 && ctx.Err() == nil {
		if cause := context.Cause(reading); cause != nil {
			err = cause
		}
		err = boot.Usagef("brokers %s: %w; start the log, or name another with --brokers and --topic", strings.Join(s.brokers, ","), err)
	}
	return selected, all, err
}

type dlqListCmd struct {
	DLQFlags `embed:""`
	JSON     bool `name:"json" help:"Print one JSON object a line, with the record."`
}

func (dlqListCmd) Help() string {
	return `Prints partition and offset in the log, when the record was set aside, its bytes
and the reason.

Example:

    freshrank dlq list --since 24h --reason 'not a URL'
    freshrank dlq list --partition 0 --offset 1234 --json`
}

// listedLetter is what list prints as JSON.
type listedLetter struct {
	Partition int       `json:"partition"`
	Offset    int64     `json:"offset"`
	SetAside  time.Time `json:"set_aside"`
	Reason    string    `json:"reason"`
	Field     string    `json:"field,omitempty"`
	Bytes     int64     `json:"bytes"`
	Cut       bool      `json:"cut"`   // key or value are the beginning only
	Valid     bool      `json:"valid"` // it is an event by now
	Key       []byte    `json:"key_base64"`
	Value     *string   `json:"value,omitempty"` // text
	Raw       []byte    `json:"value_base64,omitempty"`
}

func (d *dlqListCmd) Run(ctx context.Context, c *call) error {
	w := bufio.NewWriter(c.stdout)
	lines := json.NewEncoder(w)
	selected, all, err := d.each(ctx, c, func(_ *feed.Feed, l feed.Letter, now time.Time) error {
		if !d.JSON {
			// Quoted: reasons repeat what strangers sent.
			_, err := fmt.Fprintf(w, "%d:%d  %s  %d bytes  %s\n", l.Partition, l.Offset, l.SetAside.Format(time.RFC3339), l.Bytes, strconv.Quote(l.Reason))
			return err
		}
		out := listedLetter{Partition: l.Partition, Offset: l.Offset, SetAside: l.SetAside, Reason: l.Reason, Field: l.Field,
			Bytes: l.Bytes, Cut: l.Cut, Valid: d.valid(l, now), Key: l.Key}
		if text := string(l.Value); utf8.ValidString(text) {
			out.Value = &text
		} else {
			out.Raw = l.Value
		}
		return lines.Encode(out)
	})
	if err == nil && !d.JSON {
		_, err = fmt.Fprintf(w, "%d of %d dead letters looked at\n", selected, all)
	}
	return errors.Join(err, w.Flush())
}

type dlqReplayCmd struct {
	DLQFlags `embed:""`
	All      bool `help:"Send all; needed where no filter is given."`
	DryRun   bool `help:"Send nothing, only count."`
	JSON     bool `name:"json" help:"Print the counts as JSON."`
}

func (dlqReplayCmd) Help() string {
	return `Sends the selected records, as they were, to the partitions that they came from.
That does no harm however often it is done: an event that the ranks include already
changes nothing. Identical records are sent once. What is still no event comes back
as a new dead letter; --valid leaves it out, and those of which only the beginning was
kept, as too large: of these nobody knows before they are sent. Dead letters are not removed: the topic's
retention does that.

Useful after a mistake of ours was mended, after limits were raised for all layers, or
for events whose time lay too far ahead.

Example:

    freshrank dlq replay --valid --dry-run
    freshrank dlq replay --valid --since 24h`
}

// replayed is what replay prints as JSON.
type replayed struct {
	Letters  int `json:"letters"`
	Selected int `json:"selected"`
	Sent     int `json:"sent"`
	Same     int `json:"identical"`
	Gone     int `json:"gone"`
}

func (d *dlqReplayCmd) Run(ctx context.Context, c *call) error {
	if !d.All && !d.selects() {
		return boot.Usagef("replay: no filter is given; name those to be sent, such as --valid, or send all with --all")
	}
	var r *feed.Replay
	selected, all, err := d.each(ctx, c, func(f *feed.Feed, l feed.Letter, _ time.Time) error {
		if r == nil {
			r = f.Replay(d.DryRun)
		}
		return r.Add(ctx, l)
	})
	out := replayed{Letters: all, Selected: selected}
	if r != nil {
		if err == nil {
			err = r.Flush(ctx)
		}
		out.Sent, out.Same, out.Gone = r.Sent, r.Same, r.Gone
	}
	if d.JSON {
		return errors.Join(json.NewEncoder(c.stdout).Encode(out), err)
	}
	sent := "sent again"
	if d.DryRun {
		sent = "would be sent again"
	}
	fmt.Fprintf(c.stdout, "%d of %d dead letters looked at: %d %s, %d identical to one of these, %d not whole any more\n",
		selected, all, out.Sent, sent, out.Same, out.Gone)
	return err
}
