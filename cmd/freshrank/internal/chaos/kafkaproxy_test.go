package chaos

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// newKafkaProxy starts a proxy before a log of one broker. Clients learn the address of a
// broker from the log's own answers: in those the proxy's takes its place, so that every
// process can have a proxy of its own.
func newKafkaProxy(t *testing.T, target string) *proxy { return startProxy(t, target, true) }

// asked is what an answer must be known by.
type asked struct{ key, version int16 }

// The kinds of answers that name brokers.
const (
	metadata        = 3
	findCoordinator = 10
	describeCluster = 60
)

// maxMessage bounds a message: a length beyond it is no length.
const maxMessage = 256 << 20

// message reads a request or an answer (Kafka protocol guide, "Request and response
// headers"), its length included.
func (c *proxied) message(in *bufio.Reader, up bool) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 4 || n > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes", n)
	}
	whole := make([]byte, 4+n)
	copy(whole, head[:])
	if _, err := io.ReadFull(in, whole[4:]); err != nil {
		return nil, err
	}
	body := whole[4:]
	if up {
		if n >= 8 {
			c.asked.Store(binary.BigEndian.Uint32(body[4:]), asked{int16(binary.BigEndian.Uint16(body)), int16(binary.BigEndian.Uint16(body[2:]))})
		}
		return whole, nil
	}
	what, ok := c.asked.LoadAndDelete(binary.BigEndian.Uint32(body))
	if !ok {
		return whole, nil
	}
	switch q := what.(asked); q.key {
	case metadata, findCoordinator, describeCluster:
		return c.readdress(body, q)
	}
	return whole, nil
}

// readdress puts the proxy's address into an answer.
func (c *proxied) readdress(body []byte, q asked) ([]byte, error) {
	answer := kmsg.ResponseForKey(q.key)
	answer.SetVersion(q.version)
	header := 4 // the correlation id
	if answer.IsFlexible() {
		header++ // no tags
	}
	if err := answer.ReadFrom(body[header:]); err != nil {
		return nil, fmt.Errorf("read answer to request %d, version %d: %w", q.key, q.version, err)
	}
	name, text, err := net.SplitHostPort(c.addr())
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, err
	}
	ours := func(host *string, at *int32) { *host, *at = name, int32(port) }
	switch a := answer.(type) {
	case *kmsg.MetadataResponse:
		for i := range a.Brokers {
			ours(&a.Brokers[i].Host, &a.Brokers[i].Port)
		}
	case *kmsg.FindCoordinatorResponse:
		ours(&a.Host, &a.Port)
		for i := range a.Coordinators {
			ours(&a.Coordinators[i].Host, &a.Coordinators[i].Port)
		}
	case *kmsg.DescribeClusterResponse:
		for i := range a.Brokers {
			ours(&a.Brokers[i].Host, &a.Brokers[i].Port)
		}
	}
	whole := append(make([]byte, 4, len(body)+64), body[:header]...)
	whole = answer.AppendTo(whole)
	binary.BigEndian.PutUint32(whole, uint32(len(whole)-4))
	return whole, nil
}
