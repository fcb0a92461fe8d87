package pagerank

import "math"

// A certificate is to hold for the numbers as they are stored, so what float64
// arithmetic may lose on the way to a residual is bounded too, and added to it.
// The bound is the standard one, (roundings)·u·Σ|terms| (Higham, Accuracy and
// Stability of Numerical Algorithms, 2002, section 4.2); all terms are ≥ 0 where
// x is. It limits the tolerance that can be met to about 1e−13.

// unit is u, the greatest relative error of one float64 operation.
const unit = 0x1p-53

// rowBlock is how many terms sumRow adds before it compensates.
const rowBlock = 64

// roundings bounds how many roundings a term passes on its way into the result
// of a pull over a row of n: 2 for α·x/d, n/4+4 in a block, 2 for the compensation
// between blocks, 2 for 1−α and its addition.
func roundings(n int) float64 {
	if n == 0 {
		return 1
	}
	return float64(min(n, rowBlock)/4 + 10)
}

// sumRow adds up share over the pages of row. Plain summation would lose up to
// len(row)·u, too much for pages with millions of in-links.
func sumRow(share []float64, row []uint32) float64 {
	if len(row) <= rowBlock {
		return sumBlock(share, row)
	}
	var sum compensated
	for len(row) > rowBlock {
		sum.add(sumBlock(share, row[:rowBlock]))
		row = row[rowBlock:]
	}
	sum.add(sumBlock(share, row))
	return sum.value()
}

// sumBlock adds in four lanes: their additions do not wait for each other.
func sumBlock(share []float64, row []uint32) float64 {
	var a, b, c, d float64
	for len(row) >= 4 {
		a += share[row[0]]
		b += share[row[1]]
		c += share[row[2]]
		d += share[row[3]]
		row = row[4:]
	}
	for _, u := range row {
		a += share[u]
	}
	return (a + b) + (c + d)
}

// compensated is a running sum that loses next to nothing: what an addition
// rounds away is kept beside it (Neumaier 1974).
type compensated struct{ sum, lost float64 }

func (c *compensated) add(v float64) {
	sum := c.sum + v
	if math.Abs(c.sum) >= math.Abs(v) {
		c.lost += (c.sum - sum) + v
	} else {
		c.lost += (v - sum) + c.sum
	}
	c.sum = sum
}

func (c *compensated) merge(d compensated) {
	c.add(d.sum)
	c.lost += d.lost
}

func (c *compensated) value() float64 { return c.sum + c.lost }
