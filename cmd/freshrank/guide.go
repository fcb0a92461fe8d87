package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"freshrank/serving"
)

// guide says when the first ranks can be given and what to try then, with
// addresses that exist.
func guide(ctx context.Context, w io.Writer, api string, view serving.Reader, keys serving.KeyReader, feed bool) error {
	began := time.Now()
	if h, err := view.Health(ctx); err == nil && !h.Ready {
		fmt.Fprintln(w, "\nNo ranks yet: the first batch run begins as soon as there is a graph or an event.")
	}
	if err := awaitReady(ctx, view); err != nil {
		return err
	}
	h, pages, err := view.Top(ctx, serving.TopQuery{Limit: 1})
	if err != nil || len(pages) == 0 {
		// Ready a moment ago; whoever asks the API will be told the reason.
		<-ctx.Done()
		return ctx.Err()
	}
	top := pages[0].URL
	fmt.Fprintf(w, "\nReady after %s: generation %d, %d pages. Try:\n\n", time.Since(began).Round(100*time.Millisecond), h.Generation, h.Certificate.Pages)
	header := ""
	if ring, err := keys.Keys(ctx); err == nil && ring.Ever {
		header = ` -H "Authorization: Bearer $FRESHRANK_KEY"`
	}
	for _, line := range []string{
		fmt.Sprintf("curl '%s/v1/ranks?url=%s'", api, url.QueryEscape(top)),
		fmt.Sprintf("curl '%s/v1/top?limit=5'", api),
		fmt.Sprintf("curl '%s/v1/status'", api),
		fmt.Sprintf("curl -X POST '%s/v1/events' -H 'Content-Type: application/cloudevents+json' -d '%s'", api, sampleEvent(top)),
		fmt.Sprintf("curl '%s/v1/ranks?url=%s'", api, url.QueryEscape("https://new.example/")),
		fmt.Sprintf("curl -X POST '%s/v1/batch/runs'", api),
	} {
		fmt.Fprintf(w, "  %s%s\n", line, header)
	}
	if feed {
		fmt.Fprintln(w, "\nA made-up crawler reports changes now; watch as_of and lag_seconds in /v1/status.")
	}
	<-ctx.Done()
	return ctx.Err()
}

// sampleEvent is a page that links to a page nobody has heard of, and to one
// that everybody knows.
func sampleEvent(known string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"try-1","source":"https://crawler.example/","type":"freshrank.page.crawled","time":"%s","data":{"url":"https://my.example/","links":[{"url":"https://new.example/"},{"url":"%s"}]}}`,
		time.Now().UTC().Format(time.RFC3339), strings.ReplaceAll(known, "'", "%27"))
}
