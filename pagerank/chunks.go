package pagerank

// chunks cuts n rows into runs of about work links; a row costs about as much as
// four links. It depends on the rows only, never on the number of workers.
func chunks(n, work int, degree func(int) int) []int {
	const page = 4
	bounds, since := []int{0}, 0
	for v := range n {
		since += page + degree(v)
		if since >= work {
			bounds, since = append(bounds, v+1), 0
		}
	}
	if bounds[len(bounds)-1] < n {
		bounds = append(bounds, n)
	}
	return bounds
}
