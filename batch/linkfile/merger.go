package linkfile

import (
	"cmp"
	"context"
	"path"

	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// merger writes the graph that a merge makes of the one in folder.
type merger struct {
	*Dir
	folder string
	base   GraphManifest
	merge  *linkgraph.Merge

	progress    func(done, total int64)
	done, total int64
}

// run reads the base twice and fills out and m.
func (r *merger) run(ctx context.Context, out store.Folder, m *GraphManifest) error {
	r.total = 2 * (r.base.Pages + r.base.Links + r.base.Edits)
	if err := r.see(ctx); err != nil {
		return err
	}
	r.merge.Number()
	for _, write := range []func(context.Context, store.Folder) (File, error){r.writePages, r.writeLinks, r.writeEdits} {
		f, err := write(ctx, out)
		if err != nil {
			return err
		}
		m.add(f)
	}
	return nil
}

// see reads the base for what pages there will be.
func (r *merger) see(ctx context.Context) error {
	err := r.eachPage(ctx, r.folder, r.base, func(p link.Page, url []byte, _ link.PageKey, head link.State) error {
		if err := r.merge.Page(p, url, head); err != nil {
			return &CorruptError{r.store.Path(path.Join(r.folder, pagesTable.file())), err.Error(), fixGraph}
		}
		return r.step(ctx)
	})
	if err == nil {
		err = r.merge.Placed()
	}
	if err == nil {
		err = r.walkEdits(ctx, r.merge.SeeEdits())
	}
	if err == nil {
		err = r.walkLinks(ctx, r.merge.SeeLinks())
	}
	return err
}

func (r *merger) walkEdits(ctx context.Context, w *linkgraph.Walk[link.Edit]) error {
	err := r.eachEdit(ctx, r.folder, r.base, func(p link.Page, e link.Edit) error {
		return cmp.Or(w.Add(p, e), r.step(ctx))
	})
	if err == nil {
		err = w.End()
	}
	return err
}

func (r *merger) walkLinks(ctx context.Context, w *linkgraph.Walk[link.Edge]) error {
	err := r.eachLink(ctx, r.folder, r.base, func(p link.Page, e link.Edge) error {
		return cmp.Or(w.Add(p, e), r.step(ctx))
	})
	if err == nil {
		err = w.End()
	}
	return err
}

// step counts a row that was read.
func (r *merger) step(ctx context.Context) error {
	if r.done++; r.done%(1<<16) != 0 {
		return nil
	}
	r.progress(r.done, r.total)
	return ctx.Err()
}

func (r *merger) writePages(ctx context.Context, folder store.Folder) (File, error) {
	out, err := newFiller[pageColumns](ctx, folder, pagesTable)
	if err != nil {
		return File{}, err
	}
	var key link.PageKey // of the base's page
	n := link.Page(0)
	emit := func(url []byte, isNew bool, head link.State) error {
		c, err := out.row(ctx)
		if err != nil {
			return err
		}
		if isNew {
			c.add(n, link.KeyOf(url), url, &head)
		} else {
			c.add(n, key, url, &head)
		}
		n++
		return nil
	}
	err = r.eachPage(ctx, r.folder, r.base, func(p link.Page, url []byte, k link.PageKey, head link.State) error {
		key = k
		return cmp.Or(r.merge.MakePage(p, url, head, emit), r.step(ctx))
	})
	if err == nil {
		err = r.merge.MakePages(emit)
	}
	return out.end(ctx, err)
}

func (r *merger) writeLinks(ctx context.Context, folder store.Folder) (File, error) {
	out, err := newFiller[linkColumns](ctx, folder, linksTable)
	if err != nil {
		return File{}, err
	}
	return out.end(ctx, r.walkLinks(ctx, r.merge.MakeLinks(func(source link.Page, e link.Edge) error {
		c, err := out.row(ctx)
		if err == nil {
			c.add(source, e)
		}
		return err
	})))
}

func (r *merger) writeEdits(ctx context.Context, folder store.Folder) (File, error) {
	out, err := newFiller[editColumns](ctx, folder, editsTable)
	if err != nil {
		return File{}, err
	}
	return out.end(ctx, r.walkEdits(ctx, r.merge.MakeEdits(func(source link.Page, e link.Edit) error {
		c, err := out.row(ctx)
		if err == nil {
			c.add(source, e)
		}
		return err
	})))
}
