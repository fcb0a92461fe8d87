package incremental

import (
	"slices"

	"freshrank/pagerank/link"
)

// aliases holds who stands for whom. The published aliases form a functional
// graph; those on a cycle are in force for nobody, which leaves a forest. Every
// alias of it forwards what its own in-links bring straight to the root of its
// tree, and remembers the amount (in its slot of r) and the number of those links
// (in its slot of in): a tree that is cut or joined moves the sums of a subtree
// from one root to another.
type aliases struct {
	target  map[link.Page]link.Page   // as published, cycles included
	root    map[link.Page]link.Page   // of each alias in force: the page it leads to in the end
	sources map[link.Page][]link.Page // aliases in force by what they directly stand for
}

func newAliases() aliases {
	return aliases{
		target:  map[link.Page]link.Page{},
		root:    map[link.Page]link.Page{},
		sources: map[link.Page][]link.Page{},
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
	if e.flags[p]&isAlias != 0 {
		e.cut(p)
		delete(e.target, p)
		return
	}
	// p was on a cycle, which is open now: the others forward to p.
	next := e.target[p]
	delete(e.target, p)
	for q := next; q != p; q = e.target[q] {
		e.join(q, e.target[q])
	}
}

// end returns the page that p leads to in the end, p itself if it is no alias.
func (e *Engine) end(p link.Page) link.Page {
	if e.flags[p]&isAlias != 0 {
		return e.root[p]
	}
	return p
}

// join puts the tree of p, a root without links of its own, under target.
func (e *Engine) join(p, target link.Page) {
	tree := e.tree(p)
	received, links := 0.0, e.in[p] // by p and through its aliases
	if e.flags[p]&isMember != 0 {
		received = e.x[p] + e.r[p] - e.rest
		e.leaveSums(p)
		e.flags[p] &^= isMember
	}
	e.x[p], e.r[p] = 0, received
	for _, q := range tree[1:] {
		e.r[p] -= e.r[q]
		e.in[p] -= e.in[q]
	}
	e.flags[p] |= isAlias
	root := e.end(target)
	e.sources[target] = append(e.sources[target], p)
	for _, q := range tree {
		e.root[q] = root
		e.dirty(q)
	}
	e.in[root] += links
	e.reconsider(root)
	if links > 0 {
		e.bump(root, received)
	}
}

// cut makes the alias p the root of its own tree.
func (e *Engine) cut(p link.Page) {
	tree, root, target := e.tree(p), e.root[p], e.target[p]
	received, links := 0.0, uint32(0)
	for _, q := range tree {
		received += e.r[q]
		links += e.in[q]
	}
	if links > 0 {
		e.bump(root, -received)
	}
	e.in[root] -= links
	e.reconsider(root)

	siblings := e.sources[target]
	if i := slices.Index(siblings, p); len(siblings) == 1 {
		delete(e.sources, target)
	} else {
		e.sources[target] = slices.Delete(siblings, i, i+1)
	}
	delete(e.root, p)
	e.flags[p] &^= isAlias
	e.in[p], e.r[p] = links, 0
	for _, q := range tree[1:] {
		e.root[q] = p
		e.dirty(q)
	}
	e.reconsider(p)
	if e.flags[p]&isMember != 0 {
		e.bump(p, received)
	}
	e.dirty(p)
}

// tree returns p and all aliases that lead to it, p first.
func (e *Engine) tree(p link.Page) []link.Page {
	tree := []link.Page{p}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, e.sources[tree[i]]...)
	}
	return tree
}
