package batch

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"iter"
	"slices"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// served is what a generation says of each page, by page of its graph. It takes 16
// bytes a page, and what the hosts take.
type served struct {
	g     *linkgraph.Graph
	e     *linkgraph.Effective
	x     []float64
	order []link.Page // those that are published, ascending by key
	host  []int32     // index into hosts
	hosts []Group     // in order of first page, until groups sorts them
}

func serve(g *linkgraph.Graph, e *linkgraph.Effective, r *pagerank.Result) *served {
	n := g.Pages()
	s := &served{g: g, e: e, x: make([]float64, n), host: make([]int32, n)}
	number := map[string]int32{}
	var site []byte // of the page before: its URL up to the path
	var h int32
	for p, url := range g.URLs.From(0, link.Page(n)) {
		s.x[p] = r.X[p] + r.Residual[p]
		// Pages are in the order of their URLs, those of a host together but for schemes
		// and ports.
		if len(site) == 0 || !bytes.HasPrefix(url, site) {
			host := link.HostOf(string(url))
			var ok bool
			if h, ok = number[host]; !ok {
				h = int32(len(s.hosts))
				number[host] = h
				s.hosts = append(s.hosts, Group{Name: host, Domain: link.DomainOf(host)})
			}
			authority := bytes.Index(url, []byte("://")) + 3
			site = append(site[:0], url[:authority+bytes.IndexByte(url[authority:], '/')+1]...)
		}
		s.host[p] = h
		if e.Member[p] {
			s.hosts[h].Pages++
			s.hosts[h].X += s.x[p]
		}
	}
	s.order = byKey(g, func(p link.Page) bool { return e.Status(g, p) != linkgraph.Unknown })
	return s
}

// byKey returns the pages of which keep is true, ascending by key. Keys are hashes,
// so that their first bits share out the pages into parts of about sixteen.
func byKey(g *linkgraph.Graph, keep func(link.Page) bool) []link.Page {
	n := g.Pages()
	shift := 32
	for parts := 1; parts < n/16 && shift > 0; parts *= 2 {
		shift--
	}
	part := func(p link.Page) uint64 {
		key := g.Key(p)
		return uint64(binary.BigEndian.Uint32(key[:])) >> shift
	}
	end := make([]uint32, 1<<(32-shift)+1) // where a part ends, once it is filled
	for p := range link.Page(n) {
		if keep(p) {
			end[part(p)+1]++
		}
	}
	for i := 1; i < len(end); i++ {
		end[i] += end[i-1]
	}
	order := make([]link.Page, end[len(end)-1])
	for p := range link.Page(n) {
		if keep(p) {
			i := part(p)
			order[end[i]] = p
			end[i]++
		}
	}
	from := uint32(0)
	for _, to := range end[:len(end)-1] {
		slices.SortFunc(order[from:to], func(a, b link.Page) int {
			ka, kb := g.Key(a), g.Key(b)
			return bytes.Compare(ka[:], kb[:])
		})
		from = to
	}
	return order
}

// pages yields the published pages in the order of their keys, in which a
// table's primary key is built fastest. groups was called before.
func (s *served) pages() iter.Seq[Page] {
	return func(yield func(Page) bool) {
		for _, p := range s.order {
			row := Page{
				Key: s.g.Key(p), URL: s.g.URL(p), Host: int(s.host[p]),
				Status: s.e.Status(s.g, p).String(), X: s.x[p], HasX: s.e.Member[p],
			}
			if root := s.e.Root[p]; root != link.NoPage {
				row.Target, row.Alias = s.g.Key(root), true
			}
			if !yield(row) {
				return
			}
		}
	}
}

// groups returns the hosts and the domains that have a page with an x, by name, and
// makes host index the former.
func (s *served) groups() (hosts, domains []Group) {
	number := map[string]int{}
	place := make([]int32, len(s.hosts)) // of a host in hosts
	order := make([]int32, len(s.hosts))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(s.hosts[a].Name, s.hosts[b].Name) })
	for _, at := range order {
		h := s.hosts[at]
		if place[at] = -1; h.Pages == 0 {
			continue
		}
		place[at] = int32(len(hosts))
		hosts = append(hosts, h)
		i, ok := number[h.Domain]
		if !ok {
			i = len(domains)
			number[h.Domain] = i
			domains = append(domains, Group{Name: h.Domain, Domain: h.Domain})
		}
		domains[i].Pages += h.Pages
		domains[i].X += h.X
	}
	for p, h := range s.host {
		s.host[p] = place[h]
	}
	slices.SortFunc(domains, func(a, b Group) int { return cmp.Compare(a.Name, b.Name) })
	return hosts, domains
}
