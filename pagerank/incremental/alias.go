package incremental

import (
	"math"
	"slices"

	"freshrank/pagerank/link"
)

// aliases holds who stands for whom. The published aliases form a functional
// graph; those on a cycle are in force for nobody, which leaves a forest. Every
// alias of it forwards what its own in-links bring straight to the root of its
// tree, and remembers how much that is: a tree that is cut or joined moves the sums
// of a subtree from one root to another.
type aliases struct {
	target  map[link.Page]link.Page   // as published, cycles included
	forward map[link.Page]*forward    // aliases in force
	sources map[link.Page][]link.Page // aliases in force by what they directly stand for
}

// forward is an alias in force.
type forward struct {
	root    link.Page // where it leads in the end
	place   int       // where it stands among its target's sources
	links   uint32    // its own in-links
	brought total     // by them, all of it handed on to root
}

func newAliases() aliases {
	return aliases{
		target:  map[link.Page]link.Page{},
		forward: map[link.Page]*forward{},
		sources: map[link.Page][]link.Page{},
	}
}

// attach puts the alias p among the sources of target.
func (a *aliases) attach(p, target link.Page) {
	a.forward[p].place = len(a.sources[target])
	a.sources[target] = append(a.sources[target], p)
}

// detach is the reverse of attach. It takes the same time however many there are:
// of a million pages that stand for one home page, each may become itself again.
func (a *aliases) detach(p, target link.Page) {
	sources, place := a.sources[target], a.forward[p].place
	last := sources[len(sources)-1]
	sources[place], a.forward[last].place = last, place
	if a.sources[target] = sources[:len(sources)-1]; len(sources) == 1 {
		delete(a.sources, target)
	}
}

// beginAlias makes p, which has no links and is nobody's alias, stand for target.
func (e *Engine) beginAlias(p, target link.Page) {
	e.target[p] = target
	if p != target && e.end(target) != p {
		e.join(p, target)
		return
	}
	// A cycle: everyone on it stands for itself from now on.
	for q := target; q != p; q = e.target[q] {
		e.cut(q)
	}
}

// endAlias makes p stand for itself.
func (e *Engine) endAlias(p link.Page) {
	if e.nodes[p].flags&isAlias != 0 {
		e.cut(p)
		delete(e.target, p)
		return
	}
	// p was on a cycle, which is open now: the others forward to p. Those next to
	// p join first, so that each has only its own tree to move.
	var others []link.Page
	for q := e.target[p]; q != p; q = e.target[q] {
		others = append(others, q)
	}
	delete(e.target, p)
	for _, q := range slices.Backward(others) {
		e.join(q, e.target[q])
	}
}

// end returns the page that p leads to in the end, p itself if it is no alias.
func (e *Engine) end(p link.Page) link.Page {
	if e.nodes[p].flags&isAlias != 0 {
		return e.forward[p].root
	}
	return p
}

// join puts the tree of p, a root without links of its own, under target.
func (e *Engine) join(p, target link.Page) {
	tree := e.tree(p)
	n := &e.nodes[p]
	received, links := 0.0, n.in // by p and through its aliases
	if n.flags&isMember != 0 {
		received = e.served(p) - e.rest
		lost := 8 * (n.x + math.Abs(e.residuals[p].r))
		e.shardOf(p).inexact(lost, lost)
		e.shardOf(p).count(p, -1)
		n.flags &^= isMember
	}
	through, linksThrough := e.brought(tree[1:])
	e.forward[p] = &forward{links: links - linksThrough, brought: total{sum: received - through}}
	e.attach(p, target)
	n.flags |= isAlias
	n.x, n.in, e.residuals[p] = 0, 0, shut
	root := e.end(target)
	for _, q := range tree {
		e.forward[q].root = root
		e.shardOf(q).touch(q)
	}
	e.nodes[root].in += links
	e.shardOf(root).reconsider(root)
	if links > 0 {
		e.shardOf(root).bump(root, received)
	}
}

// cut makes the alias p the root of its own tree.
func (e *Engine) cut(p link.Page) {
	tree, root := e.tree(p), e.forward[p].root
	received, links := e.brought(tree)
	lost := 4 * math.Abs(received)
	e.shardOf(p).inexact(lost, lost)
	if links > 0 {
		e.shardOf(root).bump(root, -received)
	}
	e.nodes[root].in -= links
	e.shardOf(root).reconsider(root)

	e.detach(p, e.target[p])
	delete(e.forward, p)
	e.nodes[p].flags &^= isAlias
	e.nodes[p].in = links
	for _, q := range tree[1:] {
		e.forward[q].root = p
		e.shardOf(q).touch(q)
	}
	e.shardOf(p).reconsider(p)
	if e.nodes[p].flags&isMember != 0 {
		e.shardOf(p).bump(p, received)
	}
	e.shardOf(p).touch(p)
}

// brought returns what the own in-links of the given aliases have brought, and the
// number of those links.
func (e *Engine) brought(aliases []link.Page) (float64, uint32) {
	var sum total
	links := uint32(0)
	for _, q := range aliases {
		f := e.forward[q]
		sum.merge(f.brought)
		links += f.links
	}
	return sum.value(), links
}

// tree returns p and all aliases that lead to it, p first.
func (e *Engine) tree(p link.Page) []link.Page {
	tree := []link.Page{p}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, e.sources[tree[i]]...)
	}
	return tree
}
