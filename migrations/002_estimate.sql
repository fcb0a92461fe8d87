-- +goose Up
-- What a run takes is estimated before it begins, and told while it runs.

ALTER TABLE batch_run
  ADD COLUMN rate          double precision, -- of what the phase works on now; null: nothing that is counted
  ADD COLUMN rate_unit     text,             -- records, events, links, rows: a second
  ADD COLUMN seconds_left  double precision, -- of the whole run, estimated; null: not running
  ADD COLUMN phase_seconds jsonb;            -- {"archive", "fold", "rank", "publish"} of a run that succeeded: from these the next are estimated

-- One row: what the next run would take, written by the active batch runner when
-- that changes. No row before one has looked.
CREATE TABLE batch_estimate (
  only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  estimated_at  timestamptz NOT NULL,
  graph         bigint,                    -- the generation it starts from; null: none
  pages         bigint NOT NULL,           -- of that graph
  links         bigint NOT NULL,           -- of that graph
  events        bigint NOT NULL,           -- records of the log that it would take in
  memory        bigint NOT NULL,           -- bytes, at most, of the runner's process
  files         bigint NOT NULL,           -- bytes of the data folder, new
  tables        bigint NOT NULL,           -- bytes of Postgres, new, sorting of indexes included
  retained      bigint NOT NULL,           -- bytes of both that all generations kept will take
  phase_seconds jsonb NOT NULL,
  measured      boolean NOT NULL,          -- seconds are from earlier runs, not from defaults
  refused       text                       -- why such a run is refused; null: it is not
);
GRANT SELECT, INSERT, UPDATE, DELETE ON batch_estimate TO freshrank_batch;
GRANT SELECT ON batch_estimate TO freshrank_serving;

-- From here on pages name their host by its number:
--
--   batch_rank_<g>   (page uuid PRIMARY KEY, x double precision, host integer, status text, target uuid, url text)
--                    host: number in batch_host_<g>, −1 if no page of the host has an x
--   batch_host_<g>   (host text PRIMARY KEY, number integer, domain text, pages bigint, x double precision)
--
-- In generations of before, host is the name itself. There the name is the number.
-- +goose StatementBegin
DO $$
DECLARE g bigint;
BEGIN
  FOR g IN SELECT generation FROM batch_generation WHERE retained LOOP
    -- Types and schema are written out: the batch role may make operators and functions
    -- here, and those of just these types would come before Postgres' own.
    EXECUTE pg_catalog.format('ALTER TABLE IF EXISTS %I ADD COLUMN number text GENERATED ALWAYS AS (host) STORED', 'batch_host_'::text || g::text);
  END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE batch_estimate;
ALTER TABLE batch_run DROP COLUMN rate, DROP COLUMN rate_unit, DROP COLUMN seconds_left, DROP COLUMN phase_seconds;
