-- +goose Up
-- What the layers meet at. The batch layer writes batch_*, the speed layer
-- speed_*, serving reads. All names are unqualified: the schema is whatever
-- stands first in search_path, so that a test can have one of its own.

-- The three roles belong to the cluster, not to the schema, and may exist
-- already; two migrations at once may race for them. They log in only where an
-- operator gives them a password (or over the private socket); otherwise the
-- owner switches to them with SET ROLE.
-- +goose StatementBegin
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['freshrank_batch', 'freshrank_speed', 'freshrank_serving'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I LOGIN', r);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    -- To hand objects over and to SET ROLE takes membership. From Postgres 16 on
    -- who makes a role is a member, but one that may not SET ROLE.
    IF NOT pg_has_role(current_user, r,
        CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
      EXECUTE format('GRANT %I TO %I', r, current_user);
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), r);
  END LOOP;
  -- The batch layer makes tables of its own for each generation; serving may
  -- read whatever it makes.
  EXECUTE format('GRANT CREATE ON SCHEMA %I TO freshrank_batch', current_schema());
  EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE freshrank_batch IN SCHEMA %I '
    'GRANT SELECT ON TABLES TO freshrank_serving', current_schema());
END $$;
-- +goose StatementEnd

-- Batch ----------------------------------------------------------------------

-- One row: the fencing epoch of the active batch runner. A runner that gets the
-- advisory lock raises it; every publish checks it in its own transaction.
CREATE TABLE batch_lease (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch    bigint NOT NULL
);
INSERT INTO batch_lease (epoch) VALUES (0);

CREATE TABLE batch_run (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  trigger          text NOT NULL CHECK (trigger IN ('first', 'cron', 'manual')),
  scheduled_for    timestamptz,             -- the tick of a cron run
  idempotency_key  text UNIQUE,
  state            text NOT NULL DEFAULT 'queued'
                   CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  phase            text NOT NULL DEFAULT 'queued', -- queued archive fold rank publish done
  progress         double precision NOT NULL DEFAULT 0, -- of the whole run, 0 … 1
  sweeps           integer NOT NULL DEFAULT 0,
  bound            double precision,        -- certified ‖π−π̃‖₁ so far
  events           bigint NOT NULL DEFAULT 0, -- log records archived and folded by this run
  generation       bigint,                  -- the one it publishes; null until known
  epoch            bigint,                  -- of the runner that took it
  error            text,
  cancel_requested boolean NOT NULL DEFAULT false,
  created_at       timestamptz NOT NULL DEFAULT now(),
  started_at       timestamptz,
  finished_at      timestamptz
);
-- Never two runs at once: at most one is queued or running.
CREATE UNIQUE INDEX batch_run_one_open ON batch_run ((true)) WHERE state IN ('queued', 'running');
CREATE INDEX batch_run_created ON batch_run (created_at DESC, id);

CREATE TABLE batch_generation (
  generation    bigint PRIMARY KEY,
  run           uuid NOT NULL REFERENCES batch_run (id),
  published_at  timestamptz NOT NULL DEFAULT now(),
  as_of         timestamptz NOT NULL,      -- when the cut was frozen
  cut           bigint[] NOT NULL,         -- next offset by partition
  parameters    jsonb NOT NULL,            -- damping, rel_policy, url_policy, tolerance, public_suffix_list
  known_pages   bigint NOT NULL,           -- rows of the page table, ranked or not
  links         bigint NOT NULL,           -- links that carry rank
  sweeps        integer NOT NULL,
  -- pagerank.Certificate, field by field
  damping       double precision NOT NULL,
  pages         bigint NOT NULL,           -- N
  sum           double precision NOT NULL,
  dangling      double precision NOT NULL,
  plus          double precision NOT NULL,
  minus         double precision NOT NULL,
  epsilon_plus  double precision NOT NULL,
  epsilon_minus double precision NOT NULL,
  x_max         double precision NOT NULL, -- greatest served x
  quantiles     double precision[] NOT NULL, -- served x at 0, 1/1000, … 1 of the ranked pages
  retained      boolean NOT NULL DEFAULT true -- its batch_rank_<generation> table exists
);

-- One row: the active generation. No row before the first.
CREATE TABLE batch_pointer (
  only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  generation bigint NOT NULL REFERENCES batch_generation (generation)
);

-- A generation's ranks are in tables of their own, made by the batch layer,
-- filled by COPY, never changed, dropped whole:
--
--   batch_rank_<g>   (page uuid PRIMARY KEY, url text, host text, domain text, status text, target uuid, x double precision)
--                    status 'ranked' | 'alias' | 'gone'; target: the page an alias leads to in the end
--                    x: served value x̃; null where the page has none; a gone page that links lead to has one
--                    indexes (x DESC, page) WHERE x IS NOT NULL, (host, x DESC, page) WHERE x IS NOT NULL
--   batch_host_<g>   (host text PRIMARY KEY, domain text, pages bigint, x double precision)
--   batch_domain_<g> (domain text PRIMARY KEY, pages bigint, x double precision)

-- Serving only reads, yet its API takes requests for runs: these two functions
-- are all it may do. They run with the rights of the batch role.
-- +goose StatementBegin
DO $$
BEGIN
  EXECUTE format($f$
    CREATE FUNCTION batch_request_run(key text) RETURNS TABLE (id uuid, created boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = %1$I, pg_temp AS $body$
    BEGIN
      IF key IS NOT NULL THEN
        RETURN QUERY SELECT r.id, false FROM batch_run r WHERE r.idempotency_key = key;
        IF FOUND THEN RETURN; END IF;
      END IF;
      FOR attempt IN 1 .. 10 LOOP
        BEGIN
          RETURN QUERY INSERT INTO batch_run AS r (trigger, idempotency_key) VALUES ('manual', key) RETURNING r.id, true;
          NOTIFY freshrank_batch_run;
          RETURN;
        EXCEPTION WHEN unique_violation THEN
          -- A run is open already (the caller answers 409), or the same key came twice at once.
          RETURN QUERY SELECT r.id, false FROM batch_run r
            WHERE r.state IN ('queued', 'running') OR r.idempotency_key = key
            ORDER BY r.idempotency_key = key DESC NULLS LAST LIMIT 1;
          IF FOUND THEN RETURN; END IF;
        END;
        -- The open run ended between the two statements: there is room now.
      END LOOP;
      RAISE EXCEPTION 'runs begin and end faster than one can be requested' USING ERRCODE = 'serialization_failure';
    END $body$ $f$, current_schema());
  EXECUTE format($f$
    CREATE FUNCTION batch_cancel_run(run uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = %1$I, pg_temp AS $body$
    DECLARE s text;
    BEGIN
      UPDATE batch_run SET cancel_requested = true,
             state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END,
             finished_at = CASE state WHEN 'queued' THEN now() ELSE finished_at END
       WHERE id = run AND state IN ('queued', 'running') RETURNING state INTO s;
      IF s IS NULL THEN
        SELECT state INTO s FROM batch_run WHERE id = run; -- null: no such run
      ELSE
        NOTIFY freshrank_batch_run;
      END IF;
      RETURN s;
    END $body$ $f$, current_schema());
END $$;
-- +goose StatementEnd

-- Speed ----------------------------------------------------------------------

CREATE TABLE speed_lease (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch    bigint NOT NULL
);
INSERT INTO speed_lease (epoch) VALUES (0);

-- A view is an overlay over one generation: every page whose served value,
-- status or target is not the generation's. It is built whole beside the old one,
-- then the pointer moves; from then on each micro-batch updates rows and this
-- header in one transaction.
CREATE TABLE speed_view (
  view          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  generation    bigint NOT NULL,
  epoch         bigint NOT NULL,           -- of the speed layer that writes it
  sequence      bigint NOT NULL DEFAULT 0, -- publishes so far
  offsets       bigint[] NOT NULL,         -- next offset by partition: all before it is in the ranks
  end_offsets   bigint[] NOT NULL,         -- end of the log when last looked at
  as_of         timestamptz NOT NULL,      -- all events up to here are included
  published_at  timestamptz NOT NULL DEFAULT now(),
  events        bigint NOT NULL DEFAULT 0, -- applied since the generation's cut
  dead_letters  bigint NOT NULL DEFAULT 0, -- set aside since the generation's cut
  epsilon_target double precision NOT NULL, -- ε the pushes aim at now; raised under load
  links         bigint NOT NULL,
  -- pagerank.Certificate, field by field
  damping       double precision NOT NULL,
  pages         bigint NOT NULL,
  sum           double precision NOT NULL,
  dangling      double precision NOT NULL,
  plus          double precision NOT NULL,
  minus         double precision NOT NULL,
  epsilon_plus  double precision NOT NULL,
  epsilon_minus double precision NOT NULL,
  slack         double precision NOT NULL,
  x_max         double precision NOT NULL
);

CREATE TABLE speed_pointer (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  view     bigint NOT NULL REFERENCES speed_view (view)
);

CREATE TABLE speed_rank (
  view    bigint NOT NULL,
  page    uuid NOT NULL,
  url     text NOT NULL,
  host    text NOT NULL,
  domain  text NOT NULL,
  status  text NOT NULL CHECK (status IN ('ranked', 'alias', 'gone', 'unknown')),
  target  uuid,                            -- of an alias: where it leads in the end
  x       double precision,                -- served value; null where the page has none
  base_x  double precision,                -- the generation's served value; null where it has none
  PRIMARY KEY (view, page)
) WITH (autovacuum_vacuum_cost_delay = 0); -- rows are replaced many times a minute: a vacuum that takes pauses never ends
CREATE INDEX speed_rank_top ON speed_rank (view, x DESC, page) WHERE x IS NOT NULL;
CREATE INDEX speed_rank_host ON speed_rank (view, host, x DESC, page);
CREATE INDEX speed_rank_domain ON speed_rank (view, domain);
-- What Postgres learned of old views misleads it about a new one: it takes a view
-- that it has not counted yet for one of a single row, and reads all of it to find a
-- page. Without statistics it assumes a fixed share.
ALTER TABLE speed_rank ALTER COLUMN view SET STATISTICS 0;

-- Grants ---------------------------------------------------------------------

ALTER FUNCTION batch_request_run(text) OWNER TO freshrank_batch;
ALTER FUNCTION batch_cancel_run(uuid) OWNER TO freshrank_batch;
REVOKE ALL ON FUNCTION batch_request_run(text), batch_cancel_run(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION batch_request_run(text), batch_cancel_run(uuid) TO freshrank_serving, freshrank_batch;

GRANT SELECT, INSERT, UPDATE, DELETE ON batch_run, batch_generation, batch_pointer TO freshrank_batch;
GRANT SELECT, UPDATE ON batch_lease TO freshrank_batch;
GRANT SELECT, INSERT, UPDATE, DELETE ON speed_view, speed_pointer, speed_rank TO freshrank_speed;
GRANT SELECT, UPDATE ON speed_lease TO freshrank_speed;
GRANT SELECT ON batch_generation, batch_pointer TO freshrank_speed;
-- The batch layer keeps the generation that the speed layer still stands on.
GRANT SELECT ON speed_view, speed_pointer TO freshrank_batch;
GRANT SELECT ON batch_run, batch_generation, batch_pointer,
  speed_view, speed_pointer, speed_rank TO freshrank_serving;

-- +goose Down
DROP FUNCTION batch_cancel_run(uuid), batch_request_run(text);
DROP TABLE speed_rank, speed_pointer, speed_view, speed_lease,
  batch_pointer, batch_generation, batch_run, batch_lease;
