-- +goose Up
-- API keys, and who may make them.

-- A fourth role, for administration alone: neither a layer nor the API can make
-- a key for itself. As in 001, it may exist already.
-- +goose StatementBegin
DO $$
BEGIN
  BEGIN
    CREATE ROLE freshrank_keys LOGIN;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END;
  IF NOT pg_has_role(current_user, 'freshrank_keys',
      CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
    EXECUTE pg_catalog.format('GRANT freshrank_keys TO %I', current_user);
  END IF;
  EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO freshrank_keys', current_schema());
END $$;
-- +goose StatementEnd

-- Rows are never deleted: who could do what, and until when, stays known; and an
-- API that was open until its first key was made does not open again.
CREATE TABLE api_key (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- what logs name; not secret
  hash       bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32), -- SHA-256 of the secret, which is stored nowhere
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  scopes     text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ '{read,submit,admin}'),
  rate       double precision CHECK (rate > 0 AND rate <= 1e6), -- requests a second; null: what the API allows any key
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);

GRANT SELECT, INSERT (hash, name, scopes, rate), UPDATE (revoked_at) ON api_key TO freshrank_keys;
-- Whose key it is, is no business of the API's.
GRANT SELECT (id, hash, scopes, rate, revoked_at) ON api_key TO freshrank_serving;

-- +goose Down
DROP TABLE api_key;
