package archive

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// GapError says that the log does not hold what is needed of it.
type GapError struct {
	Topic      string
	Partition  int
	Need       int64 // the offset that is needed next
	First, End int64 // the log's first offset and the one after its last
}

func (e *GapError) Error() string {
	what := fmt.Sprintf("topic %s, partition %d: offset %d is needed next, the log holds %d to %d", e.Topic, e.Partition, e.Need, e.First, e.End)
	if e.Need > e.End {
		return what + ": the topic was made anew or this is another log: " +
			ownLog
	}
	return what + ": retention passed the archive, these records exist nowhere else: " +
		"restore the data folder's log from a newer backup, or stop the batch runner and accept the loss by `freshrank batch run --accept-gap`; " +
		"keep retention above two batch intervals"
}

// ownLog is the way out where the log is not the data folder's.
const ownLog = "name the brokers and the topic that the data folder belongs to, or start over with an empty data folder and an empty database"

// ReplacedError says that the log holds another record than the archive.
type ReplacedError struct {
	Topic     string
	Partition int
	Offset    int64
}

func (e *ReplacedError) Error() string {
	return fmt.Sprintf("topic %s, partition %d: the log has another record at offset %d than the archive: "+
		"the topic was made anew or this is another log: %s", e.Topic, e.Partition, e.Offset, ownLog)
}

// permanent reports whether trying again cannot help.
func permanent(ctx context.Context, err error) bool {
	var gap *GapError
	var replaced *ReplacedError
	var code kafka.Error
	switch {
	case ctx.Err() != nil, errors.As(err, &gap), errors.As(err, &replaced):
		return true
	case errors.Is(err, kafka.Unknown):
		// What the client reports if one of several requests failed for whatever
		// reason, a closed connection for one.
		return false
	case errors.Is(err, kafka.BrokerNotAvailable):
		// What the client reports of a partition that has no leader for the moment.
		return false
	case errors.As(err, &code):
		// The broker understood and refused, such as for want of rights; an unknown
		// topic counts as temporary, since a new one takes time to become known.
		return !code.Temporary()
	}
	return false // the network, or a broker that hung up
}

// gaveUp ends patience with an error, and says what to do about it.
func gaveUp(waited time.Duration, err error) error {
	fix := "start the brokers, or name others"
	if errors.Is(err, kafka.UnknownTopicOrPartition) {
		fix = "make the topic, or name the one that is meant"
	}
	return fmt.Errorf("gave up after %s: %w: %s", waited, err, fix)
}

// fail says which log an error is about.
func (a *Archiver) fail(what string, err error) error {
	return fmt.Errorf("%s (topic %s at %s): %w", what, a.o.Topic, strings.Join(a.o.Brokers, ", "), err)
}
