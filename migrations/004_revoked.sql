-- +goose Up
-- What was revoked stays revoked. A grant on the column lets the role for keys write
-- it in either direction; this lets nobody turn back, short of the owner of the schema
-- dropping the trigger. When it was is the server's word, too.
-- +goose StatementBegin
CREATE FUNCTION api_key_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.revoked_at IS NULL THEN
    NEW.revoked_at := CASE WHEN NEW.revoked_at IS NOT NULL THEN now() END;
  ELSIF NEW.revoked_at IS DISTINCT FROM OLD.revoked_at THEN
    RAISE EXCEPTION 'key % was revoked and stays so', OLD.id USING ERRCODE = 'insufficient_privilege', HINT = 'Make another.';
  END IF;
  RETURN NEW;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION api_key_revoked() FROM PUBLIC;
CREATE TRIGGER api_key_revoked BEFORE UPDATE ON api_key FOR EACH ROW EXECUTE FUNCTION api_key_revoked();

-- +goose Down
DROP TRIGGER api_key_revoked ON api_key;
DROP FUNCTION api_key_revoked();
