package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"syscall"

	"freshrank/cmd/freshrank/internal/bench"
	"freshrank/pagerank"
	"freshrank/pagerank/pageranktest"
)

func main() {
	var a, b, ev, w int
	parts := strings.Split(os.Args[1], ":")
	fmt.Sscan(parts[1], &a)
	fmt.Sscan(parts[2], &b)
	fmt.Sscan(os.Args[2], &ev)
	fmt.Sscan(os.Args[3], &w)
	runtime.GOMAXPROCS(w)
	p := pagerank.Problem{}
	if parts[0] == "web" {
		p.Out = pageranktest.NewWeb(1, a, b).Graph()
	} else {
		p.Out = pageranktest.Kron(1, a, b)
	}
	mix := bench.Mix{Add: 80, Remove: 20}
	if len(os.Args) > 5 && os.Args[5] == "crawl" {
		mix = bench.Mix{}
	}
	var f *os.File
	var ru0 syscall.Rusage
	r, err := bench.Speed(context.Background(), os.Args[1], p, bench.SpeedOptions{Events: ev, Mix: mix, Hubs: os.Args[4] == "hub", Epsilon: .01, Batch: 10000, Seed: 1, Damping: .85, Workers: w,
		Phase: func(what string, done, total int) {
			if what == "apply" && done == 0 {
				f, _ = os.Create("/tmp/lead/cpu.prof")
				pprof.StartCPUProfile(f)
				syscall.Getrusage(0, &ru0)
			}
			if what == "check" {
				var ru syscall.Rusage
				syscall.Getrusage(0, &ru)
				t := func(r syscall.Rusage) float64 {
					return float64(r.Utime.Sec+r.Stime.Sec) + float64(r.Utime.Usec+r.Stime.Usec)/1e6
				}
				fmt.Printf("cpu µs/change %.2f\n", (t(ru)-t(ru0))/float64(ev)*1e6)
				pprof.StopCPUProfile()
				f.Close()
			}
		}})
	if err != nil {
		panic(err)
	}
	r.Print(os.Stdout)
}
