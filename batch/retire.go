package batch

import (
	"context"
	"errors"
	"slices"
)

// retire drops old generations, from Postgres first: what it keeps, the disk
// must have. That it fails harms nobody; the next run tries again.
func (r *Runner) retire(ctx context.Context, newest int64) {
	kept, err := r.o.View.Retire(ctx, r.o.Keep)
	if err == nil {
		err = r.removeBut(ctx, func(g int64) bool {
			// An import cannot be had again from the log.
			return g == 0 || g > newest || slices.Contains(kept, g)
		})
	}
	if err != nil && ctx.Err() == nil {
		r.o.Logger.WarnContext(ctx, "old generations not dropped: trying again after the next run", "newest", newest, "error", err)
	}
}

// removeBut removes the files of all generations but those that keep says.
func (r *Runner) removeBut(ctx context.Context, keep func(int64) bool) error {
	all, err := r.o.Files.Generations(ctx)
	if err != nil {
		return err
	}
	for _, g := range all {
		if !keep(g) {
			err = errors.Join(err, r.o.Files.Remove(ctx, g))
		}
	}
	return err
}
