package pagerank

// leastSquares solves gram·γ = f by elimination. A difference that is next to a
// combination of the others gets no weight.
func leastSquares(gram [depth][depth]float64, f [depth]float64, n int) (gamma [depth]float64) {
	var skip [depth]bool
	for i := range n {
		if whole := gram[i][i]; whole == 0 {
			skip[i] = true
		}
	}
	diagonal := gram
	for i := range n {
		if skip[i] || !(gram[i][i] > 1e-11*diagonal[i][i]) {
			skip[i] = true
			continue
		}
		for j := i + 1; j < n; j++ {
			q := gram[j][i] / gram[i][i]
			for k := i; k < n; k++ {
				gram[j][k] -= q * gram[i][k]
			}
			f[j] -= q * f[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		if skip[i] {
			continue
		}
		s := f[i]
		for j := i + 1; j < n; j++ {
			s -= gram[i][j] * gamma[j]
		}
		gamma[i] = s / gram[i][i]
	}
	return gamma
}
