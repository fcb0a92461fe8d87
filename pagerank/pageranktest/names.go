package pageranktest

import (
	"math/rand/v2"
	"strconv"
)

// names makes host names, each only once. They are put together from words at
// random; nothing ever connects to them.
type names struct {
	rng     *rand.Rand
	domains []string
	taken   map[string]bool
}

func newNames(rng *rand.Rand) *names { return &names{rng: rng, taken: map[string]bool{}} }

// host returns the prefix of a new host's URLs. A third of the hosts share a
// registered domain with an earlier one.
func (n *names) host() string {
	scheme := "https://"
	if n.rng.IntN(5) == 0 {
		scheme = "http://"
	}
	if len(n.domains) > 0 && n.rng.IntN(3) == 0 {
		name := pickWord(n.rng, subdomains) + "." + n.domains[n.rng.IntN(len(n.domains))]
		if !n.taken[name] {
			n.taken[name] = true
			return scheme + name + "/"
		}
	}
	name := pickWord(n.rng, firstWords) + pickWord(n.rng, lastWords)
	suffix := pickWord(n.rng, suffixes)
	domain := name + suffix
	for n.taken[domain] {
		domain = name + strconv.Itoa(n.rng.IntN(1<<30)) + suffix
	}
	n.taken[domain] = true
	n.domains = append(n.domains, domain)
	host := domain
	if n.rng.IntN(2) == 0 {
		host = "www." + domain
		n.taken[host] = true
	}
	return scheme + host + "/"
}

func pickWord(rng *rand.Rand, words []string) string { return words[rng.IntN(len(words))] }

// sectionNames ascends, and no name begins another.
var sectionNames = []string{
	"about", "archive", "articles", "blog", "books", "catalog", "courses", "docs", "events", "forum",
	"gallery", "guides", "help", "journal", "library", "manual", "news", "papers", "people", "press",
	"projects", "recipes", "research", "reviews", "science", "shop", "sports", "stories", "topics", "travel",
	"tutorials", "wiki",
}

var subdomains = []string{"blog", "docs", "shop", "news", "forum", "support", "data", "en", "static", "wiki"}

var suffixes = []string{".com", ".com", ".com", ".org", ".org", ".net", ".it", ".de", ".fr", ".co.uk", ".edu", ".info"}

var firstWords = []string{
	"amber", "ancient", "arctic", "autumn", "bright", "bronze", "calm", "cedar", "clear", "cobalt", "copper", "coral",
	"crimson", "curious", "deep", "distant", "dusty", "early", "eastern", "emerald", "fair", "fern", "first", "frosty",
	"gentle", "golden", "grand", "green", "hidden", "high", "honest", "indigo", "ivory", "jolly", "keen", "late",
	"little", "lucky", "lunar", "maple", "mellow", "misty", "modern", "mossy", "noble", "northern", "olive", "open",
	"plain", "proud", "quiet", "rapid", "royal", "rustic", "sandy", "silver", "simple", "solar", "spring", "sunny",
	"swift", "velvet", "wild", "young",
}

var lastWords = []string{
	"anchor", "atlas", "bay", "beacon", "bridge", "brook", "canyon", "castle", "city", "cliff", "cloud", "compass",
	"creek", "dawn", "delta", "ember", "falls", "field", "forest", "forge", "garden", "gate", "glade", "grove",
	"harbor", "haven", "hill", "hollow", "house", "island", "lake", "lantern", "ledger", "market", "meadow", "mill",
	"moon", "mountain", "ocean", "orchard", "path", "peak", "pine", "plaza", "point", "pond", "prairie", "quarry",
	"reef", "ridge", "river", "road", "school", "shore", "spring", "star", "stone", "studio", "summit", "tower",
	"valley", "village", "willow", "works",
}
