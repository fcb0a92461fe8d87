package api

import (
	"context"
	"time"

	"freshrank/serving"
)

// Estimate is what the next batch run would take.
type Estimate struct {
	EstimatedAt   time.Time    `json:"estimated_at" doc:"When the batch runner last looked: after each run, and every minute."`
	Graph         *int64       `json:"graph,omitempty" doc:"The generation that it starts from; absent if there is no graph yet."`
	Pages         int64        `json:"pages" doc:"Of that graph, ranked or not."`
	Links         int64        `json:"links" doc:"Of that graph."`
	Events        int64        `json:"events" doc:"Log records that it takes in."`
	MemoryBytes   int64        `json:"memory_bytes" doc:"Of the runner's process, beyond what it holds between runs; an upper bound."`
	FilesBytes    int64        `json:"files_bytes" doc:"New in the data folder."`
	TablesBytes   int64        `json:"tables_bytes" doc:"New in Postgres, sorting of indexes included."`
	RetainedBytes int64        `json:"retained_bytes" doc:"Of both, that all generations kept will take."`
	Seconds       float64      `json:"seconds"`
	PhaseSeconds  PhaseSeconds `json:"phase_seconds"`
	Measured      bool         `json:"measured" doc:"The seconds are what earlier runs took; otherwise cautious defaults."`
	Refused       string       `json:"refused,omitempty" doc:"Why such a run is refused: what is needed, what there is, what to do."`
}

// PhaseSeconds are durations of a run's phases.
type PhaseSeconds struct {
	Archive float64 `json:"archive"`
	Fold    float64 `json:"fold"`
	Rank    float64 `json:"rank"`
	Publish float64 `json:"publish"`
}

func (s *Server) estimate(ctx context.Context, _ *struct{}) (*plainOutput[Estimate], error) {
	e, err := s.o.Runs.Estimate(ctx)
	if err != nil {
		return nil, err
	}
	return &plainOutput[Estimate]{"no-store", estimateOf(e)}, nil
}

func estimateOf(e serving.Estimate) Estimate {
	return Estimate{
		EstimatedAt: e.At.UTC(), Graph: e.Graph, Pages: e.Pages, Links: e.Links, Events: e.Events,
		MemoryBytes: e.Memory, FilesBytes: e.Files, TablesBytes: e.Tables, RetainedBytes: e.Retained,
		Seconds: e.Seconds.Total(), PhaseSeconds: PhaseSeconds(e.Seconds), Measured: e.Measured, Refused: e.Refused,
	}
}
